import {
  breakPage,
  type Cell,
  drawLine,
  drawRow,
  drawRule,
  ensureSpace,
  rowHeight,
  type Sheet,
} from './sheet.ts';
import { page, style, type TextStyle } from './theme.ts';

const padding = 3.4;
const labelWidth = 128;
const fullWidth = page.right - page.left;

/** A section's heading, kept on one page with at least the beginning of what follows. */
export function drawHeading(sheet: Sheet, title: string): void {
  ensureSpace(sheet, 74);
  sheet.y += 17;
  drawRow(sheet, [{ text: title, style: style.heading, x: page.left, width: fullWidth }]);
  sheet.y += 3;
  drawRule(sheet);
}

export type Fact = { label: string; value: string; mono?: boolean };

/** Names on the left, values on the right, a line under each. */
export function drawFacts(sheet: Sheet, facts: readonly Fact[]): void {
  for (const { label, value, mono } of facts) {
    const x = page.left + labelWidth;
    drawRuledRow(sheet, [
      { text: label, style: style.label, x: page.left, width: labelWidth - 10 },
      { text: value, style: mono ? style.mono : style.body, x, width: page.right - x },
    ]);
  }
}

export type Column = { title: string; width: number; style: TextStyle; align?: 'left' | 'right' };

const gap = 10;

/** A table whose head is repeated on every page that it reaches. */
export function drawTable(
  sheet: Sheet,
  columns: readonly Column[],
  rows: ReadonlyArray<readonly string[]>,
): void {
  drawTableHead(sheet, columns);
  for (const row of rows) {
    const cells = cellsOf(columns, (column, i) => ({ text: row[i] ?? '', style: column.style }));
    const height = rowHeight(sheet, cells) + 2 * padding;
    if (sheet.y + height > page.bottom && height < page.bottom - page.top) {
      breakPage(sheet);
      drawTableHead(sheet, columns);
    }
    drawRuledRow(sheet, cells);
  }
}

/** A paragraph over the full width. */
export function drawParagraph(sheet: Sheet, text: string, textStyle: TextStyle = style.body): void {
  drawRow(sheet, [{ text, style: textStyle, x: page.left, width: fullWidth }]);
}

export type Step = { text: string; commands?: readonly string[] };

/** Numbered steps: what to do, and under it what to type. */
export function drawSteps(sheet: Sheet, steps: readonly Step[]): void {
  const x = page.left + 18;
  const width = page.right - x;
  for (const [i, { text, commands = [] }] of steps.entries()) {
    const cells: Cell[] = [
      { text: `${i + 1}.`, style: style.strong, x: page.left, width: 18 },
      { text, style: style.body, x, width },
    ];
    const typed = commands.map((command): Cell[] => [{ text: command, style: style.mono, x, width }]);
    sheet.y += 4;
    ensureSpace(
      sheet,
      [cells, ...typed].reduce((sum, row) => sum + rowHeight(sheet, row), 3),
    );
    drawRow(sheet, cells);
    if (typed.length > 0) sheet.y += 3;
    for (const row of typed) drawRow(sheet, row);
  }
}

function drawTableHead(sheet: Sheet, columns: readonly Column[]): void {
  sheet.y += padding + 1;
  const y = sheet.y + style.column.size;
  for (const cell of cellsOf(columns, ({ title }) => ({ text: title, style: style.column })))
    drawLine(sheet, cell, y);
  sheet.y += style.column.size + padding + 2;
  drawRule(sheet);
}

function drawRuledRow(sheet: Sheet, cells: readonly Cell[]): void {
  ensureSpace(sheet, Math.min(rowHeight(sheet, cells), page.bottom - page.top - 2 * padding) + 2 * padding);
  sheet.y += padding;
  drawRow(sheet, cells);
  sheet.y += padding;
  drawRule(sheet);
}

function cellsOf(
  columns: readonly Column[],
  content: (column: Column, index: number) => { text: string; style: TextStyle },
): Cell[] {
  let x = page.left;
  return columns.map((column, i) => {
    const cell = { ...content(column, i), x, width: column.width - gap, align: column.align ?? 'left' };
    // The last column ends at the margin and needs no gap.
    if (i === columns.length - 1) cell.width = page.right - x;
    x += column.width;
    return cell;
  });
}
