const FENCE = /^(```|~~~)/;

/** What a Markdown text shows as code, line by line: inline code, and the lines of fenced and indented blocks. */
export function codeParts(markdown: string): string[] {
  return split(markdown).code;
}

/** The lines of a Markdown text that are no code block. */
export function proseLines(markdown: string): string[] {
  return split(markdown).prose;
}

function split(markdown: string): { code: string[]; prose: string[] } {
  const code: string[] = [];
  const prose: string[] = [];
  let isFenced = false;
  for (const line of markdown.split('\n')) {
    if (FENCE.test(line)) isFenced = !isFenced;
    else if (isFenced || /^ {4}\S/.test(line)) code.push(line);
    else {
      prose.push(line);
      code.push(...[...line.matchAll(/`([^`]+)`/g)].map(([, part]) => part ?? ''));
    }
  }
  return { code, prose };
}
