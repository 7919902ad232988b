import type PDFDocument from 'pdfkit';
import { color, page, type TextStyle } from './theme.ts';
import { winAnsiText } from './winAnsiText.ts';
import { wrapText } from './wrapText.ts';

/** A document and how far down its last page is filled, in points. */
export type Sheet = { doc: InstanceType<typeof PDFDocument>; y: number };

export type Cell = { text: string; style: TextStyle; x: number; width: number; align?: 'left' | 'right' };

const lineSpacing = 1.36;

/** Starts a new page. */
export function breakPage(sheet: Sheet): void {
  sheet.doc.addPage();
  sheet.y = page.top;
}

/** Starts a new page where less than `height` is left on this one. */
export function ensureSpace(sheet: Sheet, height: number): boolean {
  if (sheet.y + height <= page.bottom) return false;
  breakPage(sheet);
  return true;
}

/** Draws one line of text with its baseline at `y`; anything that the fonts lack is escaped. */
export function drawLine(sheet: Sheet, cell: Cell, y: number): void {
  drawEscaped(sheet, { ...cell, text: winAnsiText(cell.text) }, y);
}

/** The height of a row of cells, each wrapped to its width. */
export function rowHeight(sheet: Sheet, cells: readonly Cell[]): number {
  return Math.max(...cells.map((cell) => wrapCell(sheet, cell).length)) * lineHeight(cells);
}

/**
 * Draws cells side by side, each wrapped to its width, on one baseline per line, and moves down. What does not fit goes on
 * on the next page, so that no text is ever cut.
 */
export function drawRow(sheet: Sheet, cells: readonly Cell[]): void {
  const height = lineHeight(cells);
  const columns = cells.map((cell) => wrapCell(sheet, cell));
  const count = Math.max(...columns.map((lines) => lines.length));
  for (let i = 0; i < count; i += 1) {
    ensureSpace(sheet, height);
    for (const [j, cell] of cells.entries()) {
      const line = columns[j]?.[i];
      if (line !== undefined) drawEscaped(sheet, { ...cell, text: line.trimEnd() }, sheet.y + height * 0.76);
    }
    sheet.y += height;
  }
}

/** A thin line across the text's width. */
export function drawRule({ doc, y }: Sheet): void {
  doc.moveTo(page.left, y).lineTo(page.right, y).lineWidth(0.5).strokeColor(color.rule).stroke();
}

function drawEscaped({ doc }: Sheet, { text, style, x, width, align }: Cell, y: number): void {
  doc.font(style.font).fontSize(style.size).fillColor(style.color);
  const indent = align === 'right' ? width - doc.widthOfString(text) : 0;
  doc.text(text, x + indent, y, { lineBreak: false, baseline: 'alphabetic' });
}

function wrapCell({ doc }: Sheet, { text, style, width }: Cell): string[] {
  doc.font(style.font).fontSize(style.size);
  return wrapText(winAnsiText(text), width, (part) => doc.widthOfString(part));
}

function lineHeight(cells: readonly Cell[]): number {
  return Math.max(...cells.map((cell) => cell.style.size)) * lineSpacing;
}
