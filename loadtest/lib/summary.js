// What a run showed, as one page that needs nothing else, and as lines for the terminal; every script hands it to k6. Next: ../steady.js.
import { sliceCount } from "./metrics.js";
import { escaped, linePlot, short } from "./plot.js";

/**
 * What k6 gives to handleSummary, as far as it is used.
 * @typedef {{ type: string, contains: string, values: Record<string, number>, thresholds?: Record<string, { ok: boolean }> }} Metric
 * @typedef {{ metrics: Record<string, Metric>, state: { testRunDurationMs: number } }} Data
 */

const counters = ["refused", "lost", "doubled", "failed", "dropped_iterations"];
const trends = ["computation_seconds", "first_output_seconds", "refusal_seconds"];
const quantiles = ["min", "med", "p(75)", "p(90)", "p(95)", "p(99)", "p(99.9)", "max"];

/** @param {Data} data @param {string} name */
const countOf = (data, name) => data.metrics[name]?.values["count"] ?? 0;

/** @param {Data} data */
const thresholds = (data) =>
  Object.entries(data.metrics).flatMap(([metric, { thresholds: of = {} }]) =>
    Object.entries(of).map(([expression, { ok }]) => ({ text: `${metric}: ${expression}`, ok })),
  );

/** @param {string} name @param {Data} data */
function terminalText(name, data) {
  const times = trends.flatMap((trend) => {
    const values = data.metrics[trend]?.values;
    if (!values || !Number.isFinite(values["med"])) return [];
    return [`  ${trend.padEnd(22)} ${quantiles.map((q) => `${q} ${short(values[q] ?? 0)}`).join("  ")}`];
  });
  const counts = counters.map((counter) => `${counter} ${countOf(data, counter)}`).join("  ");
  const verdicts = thresholds(data).map(({ text, ok }) => `  ${ok ? "✓" : "✗"} ${text}`);
  const done = `  computations ${countOf(data, "computation_seconds")}  iterations ${countOf(data, "iterations")}`;
  return [`${name}, ${short(data.state.testRunDurationMs / 1000)} s`, done, ...times, `  ${counts}`, ...verdicts, ""].join(
    "\n",
  );
}

/** @param {string} name @param {Data} data */
function page(name, data) {
  const slices = Array.from(
    { length: sliceCount },
    (_, slice) => data.metrics[`computation_seconds_slice_${slice + 1}`]?.values,
  );
  const seconds = data.state.testRunDurationMs / 1000;
  const of = (/** @type {string} */ q) =>
    slices.map((values) => (values && Number.isFinite(values[q]) ? values[q] : undefined));
  const overTime = linePlot({
    title: "POST to outcome over the run",
    unit: "seconds",
    places: slices.map((_, slice) => `${short((seconds * (slice + 0.5)) / sliceCount)} s`),
    lines: [
      { name: "median", values: of("med") },
      { name: "p95", values: of("p(95)") },
      { name: "p99", values: of("p(99)") },
    ],
  });
  const shown = trends.filter((trend) => Number.isFinite(data.metrics[trend]?.values["med"] ?? Number.NaN));
  const spread = linePlot({
    title: "How the times are spread",
    unit: "seconds",
    places: quantiles,
    lines: shown.map((trend) => ({ name: trend, values: quantiles.map((q) => data.metrics[trend]?.values[q]) })),
  });
  const rows = shown.map(
    (trend) =>
      `<tr><th>${trend}</th>${quantiles.map((q) => `<td>${short(data.metrics[trend]?.values[q] ?? 0)}</td>`).join("")}</tr>`,
  );
  const verdicts = thresholds(data).map(
    ({ text, ok }) => `<li class="${ok ? "ok" : "no"}">${ok ? "✓" : "✗"} ${escaped(text)}</li>`,
  );
  const counts = counters.map((counter) => `<tr><th>${counter}</th><td>${countOf(data, counter)}</td></tr>`);
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Load: ${escaped(name)}</title>
<style>body{font:15px system-ui,sans-serif;max-width:720px;margin:2em auto;padding:0 1em}table{border-collapse:collapse}th,td{padding:.2em .6em;text-align:right;border-bottom:1px solid #ddd}th{text-align:left}ul{list-style:none;padding:0}.ok{color:#1e8449}.no{color:#c0392b;font-weight:600}svg{width:100%}</style>
<h1>Load: ${escaped(name)}</h1>
<p>${countOf(data, "computation_seconds")} computations in ${short(seconds)} s.</p>
<ul>${verdicts.join("")}</ul>
${overTime}
${spread}
<table><tr><th>seconds</th>${quantiles.map((q) => `<td>${q}</td>`).join("")}</tr>${rows.join("")}</table>
<table>${counts.join("")}</table>
</html>
`;
}

/** A handleSummary for the script `name`: the page is written as `loadtest-NAME.html`. @param {string} name */
export const summaryOf = (name) => (/** @type {Data} */ data) => ({
  stdout: terminalText(name, data),
  [`loadtest-${name}.html`]: page(name, data),
});
