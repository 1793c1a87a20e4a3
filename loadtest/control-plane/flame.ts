/**
 * A flame picture of a CPU profile, as one SVG: width is time, each bar stands on its caller; next: main.ts.
 *
 *     npm run loadtest -- flame gateway.cpuprofile gateway.svg "The gateway at 500 a second"
 *
 * Also says, as a table, in which files the time went.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Profile } from "#loadtest/control-plane/profile.ts";
import { escaped } from "#loadtest/lib/plot.js";

type Bar = { name: string; place: string; micros: number; self: number; above: Map<string, Bar> };

const width = 1200;
const rowHeight = 17;
/** Narrower bars than this, in parts of the whole, are left out. */
const narrowest = 0.002;
/** Time in which the process waits for something to do. */
const idle = new Set(["(idle)", "(program)"]);

const root = join(import.meta.dirname, "../..");
const [file = "", picture = "", title = ""] = process.argv.slice(2);
const profile = JSON.parse(readFileSync(file, "utf8")) as Profile;

/** A package's name, one of Node's own modules, or a path from our root. */
function placeOf(url: string): string {
  const [, library] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (library !== undefined) return library;
  return url.startsWith("node:") || url === "" ? url : relative(root, fileURLToPath(url));
}

function bars(): Bar {
  const root: Bar = { name: title || basename(file), place: "", micros: 0, self: 0, above: new Map() };
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const wayTo = (id: number): number[] => {
    const way: number[] = [];
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) way.unshift(at);
    return way.slice(1);
  };
  const time = new Map<number, number>();
  for (const [at, id] of profile.samples.entries()) time.set(id, (time.get(id) ?? 0) + (profile.timeDeltas[at] ?? 0));
  for (const [id, micros] of time) {
    if (idle.has(nodes.get(id)?.callFrame.functionName ?? "")) continue;
    let bar = root;
    bar.micros += micros;
    for (const step of wayTo(id)) {
      const { functionName, url } = nodes.get(step)?.callFrame ?? { functionName: "", url: "" };
      const key = `${functionName} ${url}`;
      const next = bar.above.get(key) ?? {
        name: functionName || "(anonymous)",
        place: placeOf(url),
        micros: 0,
        self: 0,
        above: new Map(),
      };
      bar.above.set(key, next);
      bar = next;
      bar.micros += micros;
    }
    bar.self += micros;
  }
  return root;
}

/** Warm for ours, blue for libraries, grey for Node's own and V8's. */
function colourOf({ place, name }: Bar): string {
  if (name === "(garbage collector)") return "#b5b5b5";
  if (place === "" || place.startsWith("node:")) return "#d8d8d8";
  return /\.[mc]?[jt]s$/.test(place) ? "#f3a55b" : "#9dc3e6";
}

function drawn(root: Bar): { text: string; rows: number } {
  const pieces: string[] = [];
  let rows = 0;
  const draw = (bar: Bar, left: number, row: number) => {
    rows = Math.max(rows, row + 1);
    const wide = (bar.micros / root.micros) * width;
    const share = `${((bar.micros / root.micros) * 100).toFixed(1)} %`;
    const label = `${bar.name} ${bar.place}`.slice(0, Math.floor(wide / 6.2));
    pieces.push(
      `<g><title>${escaped(`${bar.name} ${bar.place}`)}: ${share}</title><rect x="${left.toFixed(1)}" y="Y${row}Y" width="${Math.max(0.5, wide - 0.5).toFixed(1)}" height="${rowHeight - 1}" fill="${colourOf(bar)}"/>${label.length > 2 ? `<text x="${(left + 3).toFixed(1)}" y="T${row}T">${escaped(label)}</text>` : ""}</g>`,
    );
    let at = left;
    for (const next of [...bar.above.values()].sort((a, b) => b.micros - a.micros)) {
      if (next.micros / root.micros >= narrowest) draw(next, at, row + 1);
      at += (next.micros / root.micros) * width;
    }
  };
  draw(root, 0, 0);
  const text = pieces
    .join("\n")
    .replaceAll(/Y(\d+)Y/g, (_, row: string) => String((rows - 1 - Number(row)) * rowHeight))
    .replaceAll(/T(\d+)T/g, (_, row: string) => String((rows - 1 - Number(row)) * rowHeight + 12));
  return { text, rows };
}

function table(root: Bar): string[] {
  const places = new Map<string, number>();
  const walk = (bar: Bar) => {
    const place = bar.place === "" ? bar.name : bar.place;
    places.set(place, (places.get(place) ?? 0) + bar.self);
    for (const next of bar.above.values()) walk(next);
  };
  walk(root);
  return [...places]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 40)
    .map(([place, micros]) => `${((micros / root.micros) * 100).toFixed(1).padStart(6)} %  ${place}`);
}

const whole = bars();
const { text, rows } = drawn(whole);
if (picture)
  writeFileSync(
    picture,
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${rows * rowHeight}" font-family="monospace" font-size="10">\n${text}\n</svg>\n`,
  );
for (const line of table(whole)) console.log(line);
