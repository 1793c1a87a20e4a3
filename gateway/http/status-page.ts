/** The service's state as a page for people: small charts, the day's promises, light and dark; next: status-routes.ts. */
import { createHash } from "node:crypto";
import type { Minute, ServiceStatus } from "#gateway/core.ts";
import { escapeHtml } from "#gateway/http/docs-page.ts";

const style = `
:root { color-scheme: light dark; --line: color-mix(in srgb, CanvasText 20%, Canvas); --soft: color-mix(in srgb, CanvasText 6%, Canvas); --ink: light-dark(#0b57a4, #8ab8f0); }
html { background: Canvas; color: CanvasText; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
h2 { margin: 2rem 0 .5rem; } .quiet { color: color-mix(in srgb, CanvasText 75%, Canvas); } .state { font-size: 1.25rem; font-weight: 600; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: 1rem; }
figure { margin: 0; padding: .75rem; background: var(--soft); border-radius: 6px; } figcaption strong { display: block; font-size: 1.4rem; }
svg { display: block; width: 100%; height: 3.5rem; margin: .25rem 0; } .line { fill: none; stroke: var(--ink); stroke-width: 2; } .area { fill: var(--ink); opacity: .15; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); } td.n { font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; } a { color: var(--ink); } label { display: inline-flex; gap: .4rem; align-items: center; min-height: 2rem; }
`;
/** For the page's style-src. */
export const statusStyleHash = `'sha256-${createHash("sha256").update(style).digest("base64")}'`;

/** The page's only script: every five seconds the same page again, unless somebody stopped that or looks elsewhere. */
export const statusScript = `"use strict";
const live = document.getElementById("live");
const reach = document.getElementById("reach");
live.closest("p").hidden = false;
setInterval(async () => {
  if (!live.checked || document.hidden) return;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    if (!next) throw new Error();
    const here = document.querySelector("main");
    next.querySelector("details").open = here.querySelector("details").open;
    here.replaceWith(document.importNode(next, true));
    reach.textContent = "";
  } catch {
    reach.textContent = "Not reached just now; what you see is older.";
  }
}, 5000);
`;

const number = (value: number) => value.toLocaleString("en");
const duration = (ms: number | null) =>
  ms === null ? "–" : ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;

type Chart = { title: string; now: string; values: (number | null)[]; words: (value: number) => string };

/** A line of the hour; minutes that are not known leave a gap. What it shows is said in words as well. */
const chart = ({ title, now, values, words }: Chart): string => {
  const known = values.filter((value) => value !== null);
  const most = Math.max(0, ...known);
  const x = (i: number) => ((i / Math.max(1, values.length - 1)) * 240).toFixed(1);
  const y = (value: number) => (57 - (value / (most || 1)) * 54).toFixed(1);
  let [line, area, from] = ["", "", -1];
  values.forEach((value, i) => {
    if (value === null) return;
    const begins = i === 0 || values[i - 1] === null;
    if (begins) from = i;
    line += `${begins ? "M" : "L"}${x(i)} ${y(value)}`;
    area += begins ? `M${x(i)} 60L${x(i)} ${y(value)}` : `L${x(i)} ${y(value)}`;
    if (i === values.length - 1 || values[i + 1] === null) {
      area += `L${x(i)} 60Z`;
      if (from === i) line += "h1";
    }
  });
  const told = known.length === 0 ? "nothing known yet" : `${words(most)} at most in the last hour`;
  return `<figure><figcaption>${title} <strong>${now}</strong></figcaption>
<svg viewBox="0 0 240 60" preserveAspectRatio="none" role="img" aria-label="${title}: now ${now}, ${told}"><path class="area" d="${area}"/><path class="line" vector-effect="non-scaling-stroke" d="${line}"/></svg>
<span class="quiet">${told}</span></figure>`;
};

const charts = ({ now, minutes }: ServiceStatus): string => {
  const of = (figure: (minute: Minute) => number | null) => minutes.map(figure);
  const last = minutes.findLast(({ mostWithinMs }) => mostWithinMs !== null);
  const refused = minutes.reduce((sum, minute) => sum + minute.refused, 0);
  const all: Chart[] = [
    { title: "Idle kernels", now: number(now.idle), values: of(({ idle }) => idle), words: number },
    { title: "Kernels at work", now: number(now.busy + now.sessions), values: of(({ busy }) => busy), words: number },
    { title: "Waiting in line", now: number(now.waiting), values: of(({ waiting }) => waiting), words: number },
    {
      title: "Computations a minute",
      now: number(minutes.at(-2)?.finished ?? 0),
      values: of(({ finished }) => finished),
      words: number,
    },
    {
      title: "19 of 20 answered within",
      now: duration(last?.mostWithinMs ?? null),
      values: of(({ mostWithinMs }) => mostWithinMs),
      words: duration,
    },
    {
      title: "Refused in the last hour",
      now: number(refused),
      values: of(({ refused }) => refused),
      words: (most) => `${number(most)} in a minute`,
    },
  ];
  return all.map(chart).join("\n");
};

const share = (kept: number, of: number) =>
  of === 0
    ? "nothing yet"
    : `${number(kept)} of ${number(of)} (${kept === of ? "100" : Math.min(99.99, (100 * kept) / of).toFixed(2)} %)`;

const promises = ({ day }: ServiceStatus): string => {
  const { finished, kinds, late, overdue, refused } = day;
  const rows = [
    ["What was accepted has its one outcome in time", share(finished - late, finished + overdue)],
    ["It came from a kernel: not lost, and it did not wait too long", share(finished - kinds.lost - kinds.rejected, finished)],
    ["There was room: it was accepted at once", share(finished, finished + refused)],
    ["19 of 20 waited for a kernel at most", duration(day.waitMostWithinMs)],
    ["19 of 20 had their answer within", duration(day.mostWithinMs)],
  ];
  return rows.map(([what, kept]) => `<tr><th scope="row">${what}</th><td class="n">${kept}</td></tr>`).join("");
};

const figures = ({ minutes }: ServiceStatus): string => {
  const cell = (value: number | string | null) => `<td class="n">${value ?? "–"}</td>`;
  const rows = minutes.toReversed().map((one) => {
    const cells = [
      one.idle,
      one.busy,
      one.waiting,
      one.finished,
      one.refused,
      duration(one.halfWithinMs),
      duration(one.mostWithinMs),
    ];
    return `<tr><th scope="row">${one.at.slice(11, 16)}</th>${cells.map(cell).join("")}</tr>`;
  });
  const heads = ["Minute (UTC)", "Idle", "At work", "Most waiting", "Finished", "Refused", "Half within", "19 of 20 within"];
  return `<table><thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
};

/** One sentence that a person came for. */
const sentence = ({ now, ready }: ServiceStatus & { ready: boolean }): string => {
  if (!ready) return "It does not take computations just now.";
  if (now.idle > 0) return "It works: computations start at once.";
  return now.waiting > 0
    ? `It works, and ${number(now.waiting)} wait for a kernel.`
    : "It works: every kernel is busy, the next computation waits a little.";
};

const time = (iso: string) => `<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>`;

const gaps = ({ unknownMinutes: n }: ServiceStatus) =>
  n === 0 ? "" : ` (of ${number(n)} ${n === 1 ? "minute" : "minutes"} in between nothing is known)`;

export const statusPage = (
  status: ServiceStatus,
  { ready, version }: { ready: boolean; version: string },
): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandcell: status</title><link rel="icon" href="data:,"><style>${style}</style><script src="status.js" defer></script></head><body>
<header><h1>Sandcell: status</h1>
<p hidden><label><input type="checkbox" id="live" checked> keep this page up to date</label></p>
<p id="reach" role="status"></p></header>
<main>
<p class="state">${sentence({ ...status, ready })}</p>
<p class="quiet">${time(status.at)}, version ${escapeHtml(version)}, ${status.gateways === 1 ? "one gateway" : `${status.gateways} gateways`}. The charts show the last hour.</p>
<div class="charts">${charts(status)}</div>
<h2>What was promised, in the last day</h2>
<p class="quiet">Counted minute by minute from outcomes that the gateway that answers you heard of, and those before it, since ${time(status.since)}${gaps(status)}. Refusals are those of every gateway.</p>
<div class="wide" tabindex="0" role="region" aria-label="Promises of the last day"><table><tbody>${promises(status)}</tbody></table></div>
<details><summary>The hour in figures</summary><div class="wide" tabindex="0" role="region" aria-label="The hour in figures">${figures(status)}</div></details>
</main>
<footer><p class="quiet">The same for programs: <a href="v1/status">v1/status</a>. Times are known to 15 %.</p></footer>
</body></html>
`;
