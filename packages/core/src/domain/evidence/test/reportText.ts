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
