import { type Html, html } from '../lib/html.ts';

const WIDTH = 330;
const HEIGHT = 150;
const LEFT = 34;
const BOTTOM = 22;
const TOP = 8;

export interface Series {
  label: string;
  /** A class of the page's style: `product`, `generator`, `rate` … */
  look: string;
  /** At each second of the chart. */
  values: number[];
}

export interface Chart {
  title: string;
  /** Of the horizontal axis, rising. */
  seconds: number[];
  /** Drawn on top of each other, the first at the bottom. */
  series: Series[];
  /** A line that the values are held against. */
  bound?: { label: string; value: number };
}

/** A chart of stacked areas as SVG in the page, without a script. */
export function areaChart({ title, seconds, series, bound }: Chart): Html {
  const sums = seconds.map((_, at) => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0));
  const top = niceTop(Math.max(...sums, bound?.value ?? 0));
  const end = seconds.at(-1) ?? 1;
  const x = (second: number) => LEFT + (second / end) * (WIDTH - LEFT - 8);
  const y = (value: number) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const heights = stacked(series, seconds.length);
  const areas = series.map(({ look }, index) => {
    const upper = seconds.map((second, at) => point(x(second), y(heights[index + 1]?.[at] ?? 0)));
    const lower = seconds.map((second, at) => point(x(second), y(heights[index]?.[at] ?? 0))).reverse();
    return html`<polygon class="area ${look}" points="${[...upper, ...lower].join(' ')}" /><polyline class="line ${look}" points="${upper.join(' ')}" />`;
  });
  const grid = [0, 0.5, 1].map((share) => {
    const at = y(top * share).toFixed(1);
    return html`<line class="grid" x1="${LEFT}" x2="${WIDTH - 8}" y1="${at}" y2="${at}" /><text x="${LEFT - 6}" y="${at}" class="y">${label(top * share)}</text>`;
  });
  const asked = bound
    ? [
        html`<line class="bound" x1="${LEFT}" x2="${WIDTH - 8}" y1="${y(bound.value).toFixed(1)}" y2="${y(bound.value).toFixed(1)}" />`,
      ]
    : [];
  const keys = [
    ...series.map((one) => html`<span class="key"><i class="${one.look}"></i>${one.label}</span>`),
    ...(bound ? [html`<span class="key"><i class="dashed"></i>${bound.label}</span>`] : []),
  ];
  return html`<figure><figcaption>${title}<span class="keys">${keys}</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">${grid}${areas}${asked}<text x="${LEFT}" y="${HEIGHT - 4}">0 s</text><text x="${WIDTH - 8}" y="${HEIGHT - 4}" class="end">${Math.round(end)} s</text></svg></figure>`;
}

const point = (x: number, y: number) => `${x.toFixed(1)},${y.toFixed(1)}`;

/** The height below each series and, last, of all. */
function stacked(series: Series[], length: number): number[][] {
  const rows: number[][] = [Array.from({ length }, () => 0)];
  for (const { values } of series) {
    const below = rows.at(-1) ?? [];
    rows.push(below.map((height, at) => height + (values[at] ?? 0)));
  }
  return rows;
}

/** The next of 1, 2, 5 times a power of ten. */
function niceTop(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

const label = (value: number): string => String(Number(value.toFixed(2)));
