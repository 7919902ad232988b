import { drawLine, type Sheet } from './sheet.ts';
import { color, page, style } from './theme.ts';

/** Numbers every page, once their count is known. */
export function drawFooters(sheet: Sheet, packId: string): void {
  const { doc } = sheet;
  const { start, count } = doc.bufferedPageRange();
  const width = page.right - page.left;
  for (let i = 0; i < count; i += 1) {
    doc.switchToPage(start + i);
    doc.moveTo(page.left, 796).lineTo(page.right, 796).lineWidth(0.5).strokeColor(color.rule).stroke();
    drawLine(sheet, { text: 'Evidence pack', style: style.small, x: page.left, width }, 809);
    drawLine(sheet, { text: packId, style: style.smallMono, x: page.left + 54, width }, 809);
    const number = `Page ${i + 1} of ${count}`;
    drawLine(sheet, { text: number, style: style.small, x: page.left, width, align: 'right' }, 809);
  }
}
