import { type Html, html } from './html.ts';

/** One file that needs nothing beside it: no script, no font, no network; light and dark as the reader has it. */
export function htmlPage(title: string, body: Html): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
`;
  return `${page.text}<style>${STYLE}</style>\n</head>\n<body>\n<main>${body.text}</main>\n</body>\n</html>\n`;
}

const STYLE = `
:root { color-scheme: light dark; --ground: #f6f7f9; --card: #fff; --text: #1b2129; --soft: #5b6673; --rule: #dfe3e8;
  --good: #177245; --bad: #b3261e; --rate: #2563b8; --callers: #8a5a00; --product: #2563b8; --generator: #d97706; }
@media (prefers-color-scheme: dark) { :root { --ground: #12161b; --card: #1a2028; --text: #e6eaef; --soft: #98a4b1; --rule: #2c3540;
  --good: #54c78c; --bad: #ff8a80; --rate: #7ab0f5; --callers: #e0b050; --product: #7ab0f5; --generator: #f5a94b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 20px 64px; }
header { margin-bottom: 24px; }
h1 { margin: 8px 0 4px; font-size: 28px; line-height: 1.2; }
h2 { margin: 0 0 12px; font-size: 17px; }
.about, .note { color: var(--soft); margin: 0; }
.note { margin-top: 10px; font-size: 13px; }
.pill { display: inline-block; margin: 0; padding: 3px 12px; border-radius: 999px; font-weight: 600; font-size: 13px; color: var(--card); }
.pill.good { background: var(--good); } .pill.bad { background: var(--bad); }
section { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 18px 20px; margin-top: 18px; }
section.tiles, section.charts { background: none; border: 0; padding: 0; display: grid; gap: 14px; }
section.tiles { grid-template-columns: repeat(auto-fit, minmax(128px, 1fr)); }
section.charts { grid-template-columns: repeat(auto-fit, minmax(330px, 1fr)); }
.tile { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 14px 16px; }
.tile b { display: block; font-size: 22px; line-height: 1.25; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: 13px; line-height: 1.35; display: block; }
.tile.bad b, .no { color: var(--bad); } .ok { color: var(--good); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 12px 6px 0; border-bottom: 1px solid var(--rule); text-align: right; white-space: nowrap; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { color: var(--soft); font-size: 12px; font-weight: 600; }
tbody th { font-weight: 500; white-space: normal; overflow-wrap: anywhere; }
tr > :first-child, tbody th { text-align: left; }
td:last-child, th:last-child { padding-right: 0; }
code { font: 13px/1.4 ui-monospace, 'DejaVu Sans Mono', monospace; }
figure { margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 14px 16px; }
figcaption { font-weight: 600; font-size: 14px; margin-bottom: 8px; }
.keys { display: block; font-weight: 400; font-size: 12px; color: var(--soft); }
.key { margin-right: 12px; } .key i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 5px; }
.key i.dashed { height: 0; border-radius: 0; border-top: 2px dashed var(--soft); vertical-align: middle; width: 14px; }
svg { display: block; width: 100%; height: auto; }
svg text { font-size: 11px; fill: var(--soft); } svg .y { text-anchor: end; dominant-baseline: middle; } svg .end { text-anchor: end; }
.grid { stroke: var(--rule); stroke-width: 1; } .bound { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 5 4; }
.area { fill-opacity: .22; stroke: none; } .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.area.rate { fill: var(--rate); } .line.rate { stroke: var(--rate); } i.rate { background: var(--rate); }
.area.callers { fill: var(--callers); } .line.callers { stroke: var(--callers); } i.callers { background: var(--callers); }
.area.product { fill: var(--product); } .line.product { stroke: var(--product); } i.product { background: var(--product); }
.area.generator { fill: var(--generator); } .line.generator { stroke: var(--generator); } i.generator { background: var(--generator); }
td.bar { width: 55%; } td.bar i { display: block; height: 10px; border-radius: 3px; min-width: 2px; }
`;
