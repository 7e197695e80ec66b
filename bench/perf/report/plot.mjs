/** A line plot over a logarithmic axis, as SVG that reads on light and on dark pages. */

const WIDTH = 460;
const HEIGHT = 260;
const LEFT = 56;
const RIGHT = 20;
const TOP = 34;
const BOTTOM = 44;

/**
 * @param {object} plot
 * @param {string} plot.title
 * @param {string} plot.xLabel
 * @param {string} plot.unit of the values
 * @param {{x: number, y: number}[]} plot.points with rising x
 */
export function plotSvg({ title, xLabel, unit, points }) {
  const top = niceTop(Math.max(...points.map(({ y }) => y)) * 1.15);
  const [least, most] = [Math.log10(points[0].x), Math.log10(points.at(-1).x)];
  const xOf = (x) => LEFT + ((Math.log10(x) - least) / (most - least)) * (WIDTH - LEFT - RIGHT);
  const yOf = (y) => HEIGHT - BOTTOM - (y / top) * (HEIGHT - TOP - BOTTOM);
  const ticks = Array.from({ length: 5 }, (_, at) => (top / 4) * at);
  const place = ({ x, y }) => `${xOf(x).toFixed(1)},${yOf(y).toFixed(1)}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${title}">
<style>text{font:12px system-ui,sans-serif;fill:#57606a}.t{font-weight:600;font-size:13px}.g{stroke:#8c959f;stroke-opacity:.35}.l{fill:none;stroke:#0969da;stroke-width:2}.p{fill:#0969da}@media(prefers-color-scheme:dark){text{fill:#9198a1}}</style>
<text class="t" x="${LEFT}" y="18">${title}</text>
${ticks.map((y) => `<line class="g" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${yOf(y).toFixed(1)}" y2="${yOf(y).toFixed(1)}"/><text x="${LEFT - 6}" y="${(yOf(y) + 4).toFixed(1)}" text-anchor="end">${short(y)}</text>`).join('\n')}
${points.map(({ x }) => `<text x="${xOf(x).toFixed(1)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${x.toLocaleString('en')}</text>`).join('\n')}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${xLabel}</text>
<text x="6" y="${TOP - 6}">${unit}</text>
<polyline class="l" points="${points.map(place).join(' ')}"/>
${points.map((point) => `<circle class="p" cx="${xOf(point.x).toFixed(1)}" cy="${yOf(point.y).toFixed(1)}" r="3.5"/>`).join('\n')}
</svg>
`;
}

/** The next of 1, 2, 4, 5, 8, 10 times a power of ten. */
function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 8, 10].map((step) => step * power).find((step) => step >= value);
}

function short(value) {
  return String(Number(value.toPrecision(3)));
}
