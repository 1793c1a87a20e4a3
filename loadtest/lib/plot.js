// Pictures as SVG text, for pages that load nothing from elsewhere; next: summary.js. PURE.

const width = 640;
const height = 240;
const margin = { left: 56, right: 16, top: 28, bottom: 36 };
const colours = ["#2458c5", "#c0392b", "#1e8449", "#8e44ad", "#b9770e"];

/** @param {unknown} text */
export const escaped = (text) =>
  String(text).replace(/[&<>"]/g, (found) => `&${{ "&": "amp", "<": "lt", ">": "gt", '"': "quot" }[found]};`);

/** Round numbers from 0 to at least `most`. @param {number} most */
function ticksTo(most) {
  const rough = most / 4 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, index) => index * step);
}

/** @param {number} value */
export const short = (value) =>
  value === 0 ? "0" : value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));

/**
 * Lines over named places, all of them from 0 up.
 * @param {{ title: string, unit: string, places: string[], lines: { name: string, values: (number | undefined)[] }[] }} of
 * @returns {string} an svg element
 */
export function linePlot({ title, unit, places, lines }) {
  const most = Math.max(...lines.flatMap(({ values }) => values.filter((value) => value !== undefined)), 1e-3);
  const ticks = ticksTo(most);
  const top = ticks[ticks.length - 1] ?? most;
  const x = (/** @type {number} */ at) =>
    margin.left + ((width - margin.left - margin.right) * at) / Math.max(1, places.length - 1);
  const y = (/** @type {number} */ value) => height - margin.bottom - ((height - margin.top - margin.bottom) * value) / top;
  const grid = ticks.map(
    (tick) =>
      `<path d="M${margin.left} ${y(tick)}H${width - margin.right}" stroke="#ddd"/><text x="${margin.left - 6}" y="${y(tick) + 4}" text-anchor="end">${short(tick)}</text>`,
  );
  const every = Math.ceil(places.length / 10);
  const names = places.map((place, at) =>
    at % every === 0
      ? `<text x="${x(at)}" y="${height - margin.bottom + 16}" text-anchor="middle">${escaped(place)}</text>`
      : "",
  );
  const drawn = lines.map(({ values }, which) => {
    const points = values.flatMap((value, at) => (value === undefined ? [] : [`${x(at).toFixed(1)} ${y(value).toFixed(1)}`]));
    const colour = colours[which % colours.length];
    const dots = points.map(
      (point) => `<circle cx="${point.split(" ")[0]}" cy="${point.split(" ")[1]}" r="2.5" fill="${colour}"/>`,
    );
    return `<path d="M${points.join("L")}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join("")}`;
  });
  const legend = lines.map(
    ({ name }, which) =>
      `<tspan fill="${colours[which % colours.length]}"${which === 0 ? "" : ' dx="12"'}>${escaped(name)}</tspan>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="11" role="img">`,
    `<title>${escaped(title)}</title><text x="${margin.left}" y="16" font-size="13" font-weight="600">${escaped(title)}, ${escaped(unit)}</text>`,
    `<text x="${width - margin.right}" y="16" text-anchor="end">${legend.join("")}</text>`,
    ...grid,
    ...names,
    ...drawn,
    "</svg>",
  ].join("\n");
}
