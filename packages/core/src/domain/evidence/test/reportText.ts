/**
 * The text of an uncompressed PDF in the order in which it is drawn: each line of a cell is one entry. Reads the operators
 * themselves (PDF 32000-1, 9.4.3) and decodes WinAnsi, so that it knows nothing of how the report is drawn.
 */
export function reportText(pdf: Uint8Array): string[] {
  const source = Buffer.from(pdf).toString('latin1');
  const decoder = new TextDecoder('windows-1252');
  return [...source.matchAll(/\[([^\]]*)\] TJ/g)].map(([, operands = '']) => {
    const hex = [...operands.matchAll(/<([0-9a-f]*)>/g)].map(([, digits]) => digits).join('');
    return decoder.decode(Buffer.from(hex, 'hex'));
  });
}

/** How far above the page's lower edge each line stands, in points (the text matrix, 9.4.2; y grows upwards). */
export function reportHeights(pdf: Uint8Array): number[] {
  const source = Buffer.from(pdf).toString('latin1');
  return [...source.matchAll(/1 0 0 1 [\d.-]+ ([\d.-]+) Tm/g)].map(([, y]) => Number(y));
}
