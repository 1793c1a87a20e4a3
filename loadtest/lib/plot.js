// Pictures as SVG text, for pages that load nothing from elsewhere; next: summary.js. PURE.

const width = 640;
const height = 240;
const margin = { left: 56, right: 16, top: 28, bottom: 36 };
const colours = ["#2458c5", "#c0392b", "#1e8449", "#8e44ad", "#b9770e"];
const coloursInTheDark = ["#7aa2f7", "#f28b82", "#6cc38a", "#c69ad6", "#e0b060"];
const gridColour = "#ddd";
/** Of a picture that is a file of its own: it lies on a light page or on a dark one, as the reader has it. */
const ownStyle = [
  "<style>text{fill:#444}@media (prefers-color-scheme:dark){text{fill:#ccc}",
  `[stroke="${gridColour}"]{stroke:#555}`,
  ...colours.flatMap((colour, which) =>
    ["stroke", "fill"].map((what) => `[${what}="${colour}"]{${what}:${coloursInTheDark[which]}}`),
  ),
  "}</style>",
].join("");
/** More than these stand in a line's own way. */
const dotsMax = 40;

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

/** Powers of ten around what is there. @param {number} least @param {number} most */
function powersOfTen(least, most) {
  const [from, to] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most) - 1e-9)];
  return Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
}

/** @param {number} value */
export const short = (value) =>
  value === 0 ? "0" : value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));

/**
 * Lines over named places, all of them from 0 up, or with `powers` each ten times as high as the last. `alone`: for a file of its own.
 * @param {{ title: string, unit: string, places: string[], lines: { name: string, values: (number | undefined)[] }[], powers?: boolean, alone?: boolean }} of
 * @returns {string} an svg element
 */
export function linePlot({ title, unit, places, lines, powers = false, alone = false }) {
  const all = lines.flatMap(({ values }) => values.filter((value) => value !== undefined));
  const most = Math.max(...all, 1e-3);
  const ticks = powers ? powersOfTen(Math.min(...all), most) : ticksTo(most);
  const scaled = (/** @type {number} */ value) => (powers ? Math.log10(value) : value);
  const [bottom, top] = [scaled(ticks[0] ?? 0), scaled(ticks[ticks.length - 1] ?? most)];
  const x = (/** @type {number} */ at) =>
    margin.left + ((width - margin.left - margin.right) * at) / Math.max(1, places.length - 1);
  const y = (/** @type {number} */ value) =>
    height - margin.bottom - ((height - margin.top - margin.bottom) * (scaled(value) - bottom)) / (top - bottom);
  const grid = ticks.map(
    (tick) =>
      `<path d="M${margin.left} ${y(tick)}H${width - margin.right}" stroke="${gridColour}"/><text x="${margin.left - 6}" y="${y(tick) + 4}" text-anchor="end">${short(tick)}</text>`,
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
    const dots = (points.length > dotsMax ? [] : points).map(
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
    ...(alone ? [ownStyle] : []),
    `<title>${escaped(title)}</title><text x="${margin.left}" y="16" font-size="13" font-weight="600">${escaped(title)}, ${escaped(unit)}</text>`,
    `<text x="${width - margin.right}" y="16" text-anchor="end">${legend.join("")}</text>`,
    ...grid,
    ...names,
    ...drawn,
    "</svg>",
  ].join("\n");
}
