/**
 * Breaks text into lines that measure at most `width`: after a space where there is one, else after a dash, an underscore or
 * a slash, else within a word. No character is lost: the lines joined are the text. A character wider than the line has a
 * line of its own.
 */
export function wrapText(text: string, width: number, measure: (text: string) => number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > 0) {
    const fitting = fittingLength(rest, width, measure);
    const end = fitting < rest.length ? breakBefore(rest.slice(0, fitting)) : fitting;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return lines.length > 0 ? lines : [''];
}

/** Where to end a line that could hold all of `part`. */
function breakBefore(part: string): number {
  const afterSpace = part.lastIndexOf(' ') + 1;
  if (afterSpace > 0) return afterSpace;
  const afterJoint = Math.max(...['-', '_', '/'].map((joint) => part.lastIndexOf(joint) + 1));
  return afterJoint > 0 ? afterJoint : part.length;
}

/** The most characters from the start that fit, at least one. Spaces at the end take no room. */
function fittingLength(text: string, width: number, measure: (text: string) => number): number {
  const holds = (length: number) => measure(text.slice(0, length).trimEnd()) <= width;
  // Doubling first keeps what is measured near the length of a line, however long the text is.
  let fits = 1;
  let tooLong = 2;
  while (tooLong <= text.length && holds(tooLong)) {
    fits = tooLong;
    tooLong *= 2;
  }
  tooLong = Math.min(tooLong, text.length + 1);
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (holds(middle)) fits = middle;
    else tooLong = middle;
  }
  return fits;
}
