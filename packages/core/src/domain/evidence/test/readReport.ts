import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';

/** A piece of text as a reader of PDF sees it: where it stands, in points from the page's lower left corner. */
export type Piece = { page: number; text: string; x: number; y: number; width: number };

/** What stands in a PDF, by a reader that knows nothing of how the report is made. */
export async function readReport(
  pdf: Uint8Array,
): Promise<{ pages: number; pieces: Piece[]; lines: string[] }> {
  // A copy, which the reader takes for itself; it refuses a Buffer.
  const doc = await getDocument({ data: new Uint8Array(pdf), verbosity: 0 }).promise;
  const pieces: Piece[] = [];
  // The text of each tagged element, line by line: a cell that has one line is one entry.
  const lines: string[] = [];
  for (let page = 1; page <= doc.numPages; page += 1) {
    const { items } = await (await doc.getPage(page)).getTextContent({ includeMarkedContent: true });
    let line = '';
    for (const item of items) {
      if ('str' in item) {
        const [, , , , x, y] = item.transform;
        if (item.str.trim() !== '') pieces.push({ page, text: item.str, x, y, width: item.width });
        line += item.str;
      }
      if ('type' in item || item.hasEOL) {
        if (line.trim() !== '') lines.push(line.trim());
        line = '';
      }
    }
  }
  const { numPages: pages } = doc;
  await doc.destroy();
  return { pages, pieces, lines };
}
