import type { EvidenceInput } from '../evidenceInput.ts';
import { readableTime } from './readableTime.ts';
import { drawLine, drawRow, type Sheet } from './sheet.ts';
import { color, decisionColor, decisionMeaning, page, style } from './theme.ts';

const panelHeight = 96;

/** The top of the first page: what this is, and the decision with its scores. */
export function drawSummary(sheet: Sheet, input: EvidenceInput): void {
  const width = page.right - page.left;
  const row = (text: string, textStyle: (typeof style)[keyof typeof style]) =>
    drawRow(sheet, [{ text, style: textStyle, x: page.left, width }]);
  sheet.doc.font(style.brand.font).fontSize(style.brand.size).fillColor(style.brand.color);
  sheet.doc.text('ORIGIN STACK', page.left, sheet.y, { lineBreak: false, characterSpacing: 1.6 });
  sheet.y += 15;
  row('Evidence report', style.title);
  sheet.y += 1;
  row(
    'What was decided about one upload, on which inputs, by which policy and models, and how to prove it.',
    style.label,
  );
  sheet.y += 14;
  drawPanel(sheet, input);
  sheet.y += panelHeight;
}

function drawPanel(sheet: Sheet, { decision, certificate }: EvidenceInput): void {
  const { doc, y } = sheet;
  const tone = decisionColor[decision.decision];
  doc.rect(page.left, y, page.right - page.left, panelHeight).fill(color.panel);
  doc.rect(page.left, y, 5, panelHeight).fill(tone);

  const x = page.left + 22;
  const column = (text: string, at: number, baseline: number) =>
    drawLine(sheet, { text, style: style.column, x: at, width: 200 }, baseline);
  column('DECISION', x, y + 20);
  const big = { font: 'Helvetica-Bold', size: 27, color: tone };
  drawLine(sheet, { text: decision.decision.toUpperCase(), style: big, x, width: 250 }, y + 49);
  drawLine(sheet, { text: decisionMeaning[decision.decision], style: style.small, x, width: 300 }, y + 66);
  const when = `Decided and certified ${readableTime(certificate.payload.issued_at)}`;
  drawLine(sheet, { text: when, style: style.small, x, width: 300 }, y + 80);

  drawScore(sheet, { title: 'RISK SCORE', score: decision.risk_score, y: y + 22, tone });
  drawScore(sheet, { title: 'ANOMALY SCORE', score: decision.anomaly_score, y: y + 60, tone });
}

/** A score from 0 to 1 as a number over a bar. */
function drawScore(
  sheet: Sheet,
  { title, score, y, tone }: { title: string; score: number; y: number; tone: string },
) {
  const width = 148;
  const x = page.right - width - 20;
  drawLine(sheet, { text: title, style: style.column, x, width }, y);
  drawLine(sheet, { text: String(score), style: style.strong, x, width, align: 'right' }, y);
  sheet.doc.roundedRect(x, y + 7, width, 5, 2.5).fill(color.track);
  if (score > 0) sheet.doc.roundedRect(x, y + 7, Math.max(5, width * score), 5, 2.5).fill(tone);
}
