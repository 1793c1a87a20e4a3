/** The section of docs/scaling.md about sizes, between its marks: PURE; next: pictures.ts. */
import type { Kind } from "#loadtest/lib/mix.js";
import { type Inputs, inputs, names, optionOf } from "#test/sizing/inputs.ts";
import type { Simulated, Stock } from "#test/sizing/simulated.ts";
import { freshSizeOf, meanOf, sizeOf } from "#test/sizing/sizes.ts";
import { freshWallsOf, type Wall, wallsOf } from "#test/sizing/walls.ts";

export const rates = [50, 500, 5_000] as const;
/** The one whose step is drawn. */
export const drawnRate = 500;
export const stocks: readonly Stock[] = ["steady", "double"];
export type Run = { perSecond: number; stock: Stock; simulated: Simulated };

const marks = ["<!-- Sizes: `npm run loadtest -- sizing --docs` writes from here -->", "<!-- to here. -->"] as const;

/** `page` with this between the marks. Throws where they are not. */
export function withSection(page: string, section: string): string {
  const [from, to] = marks.map((mark) => page.indexOf(mark));
  if (from === undefined || to === undefined || from < 0 || to < from) throw new Error("the page has no marks for the sizes");
  return `${page.slice(0, from + marks[0].length)}\n${section}\n${page.slice(to)}`;
}

const number = (value: number): string =>
  value >= 100
    ? Math.round(value).toLocaleString("en")
    : value >= 10
      ? String(Math.round(value))
      : String(Number(value.toPrecision(2)));
const ms = (value: number): string =>
  value < 0.5 ? "0" : value < 950 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  line(head),
  `|${"---|".repeat(head.length)}`,
  ...rows.map(line),
];

export function sizesTable(mix: readonly Kind[], is: Inputs): string[] {
  const mean = meanOf(mix, is);
  const sizes = rates.map((rate) => sizeOf(rate, mean, is));
  const fresh = rates.map((rate) => freshSizeOf(rate, mean, is));
  const row = <T>(what: string, of: readonly T[], cell: (one: T) => string) => [what, ...of.map(cell)];
  return table(
    ["computations a second", ...rates.map(number)],
    [
      row("kernels that compute at once", sizes, ({ busy }) => number(busy)),
      row("`idleMin`: 99 in 100 find an idle one", sizes, ({ enough }) => number(enough)),
      row("kernels warm, as the pool follows", sizes, ({ warm }) => number(warm)),
      row("kernels replaced a second", sizes, ({ replaced }) => number(replaced)),
      row("kernels' pods, those that start included", sizes, ({ kernels }) => number(kernels)),
      row("cores that compute", sizes, ({ computingCores }) => number(computingCores)),
      row("of these for agents", sizes, ({ agentCores }) => number(agentCores)),
      row("cores that start kernels", sizes, ({ startingCores }) => number(startingCores)),
      row("memory asked for, GiB", sizes, ({ askedGiB }) => number(askedGiB)),
      row("memory in use, GiB", sizes, ({ usedGiB }) => number(usedGiB)),
      row(
        `**nodes of ${is.nodeCores} cores, ${is.nodeGib} GiB** (by cores, by memory)`,
        sizes,
        ({ nodes, nodesByCpu, nodesByMemory }) => `**${number(nodes)}** (${number(nodesByCpu)}, ${number(nodesByMemory)})`,
      ),
      row("installations side by side", sizes, ({ installations }) => number(installations)),
      row("gateways of all", sizes, ({ gateways }) => number(gateways)),
      row("gateways: cores", sizes, ({ gatewayCores }) => number(gatewayCores)),
      row("gateways: memory, GiB", sizes, ({ gatewayGiB }) => number(gatewayGiB)),
      row("nats-servers of all: cores", sizes, ({ natsCores }) => number(natsCores)),
      row("nats-servers of all: memory for subjects, GiB", sizes, ({ natsGiB }) => number(natsGiB)),
      row("filestores of all: cores", sizes, ({ filestoreCores }) => number(filestoreCores)),
      row("operator of each: memory, MB", sizes, ({ operatorMb }) => number(operatorMb)),
      row("instead, `isolation: sandbox`: kernels' pods", fresh, ({ kernels }) => number(kernels)),
      row("instead, `isolation: sandbox`: pods made a second", [...rates], (rate) => number(rate)),
      row("instead, `isolation: sandbox`: cores", fresh, (one) => number(one.computingCores + one.startingCores)),
      row("instead, `isolation: sandbox`: nodes", fresh, ({ nodes }) => number(nodes)),
    ],
  );
}

const found = { steady: "for the rate", double: "for twice the rate" };
export const simulatedHead = [
  "a second",
  "`idleMin`",
  "`refill.perSecond`",
  "steady: p99 of the wait",
  "steady: kernels",
  "twice as much at once: p99 of the wait",
  "longest",
  "refused",
  "until nobody waits 0.1 s",
  "most kernels",
];
export const simulatedRow = ({ perSecond, stock, simulated: { idleMin, refillPerSecond, steady, double } }: Run): string =>
  line([
    number(perSecond),
    `${number(idleMin)}, ${found[stock]}`,
    String(refillPerSecond),
    ms(steady.p99Ms),
    number(steady.kernels),
    ms(double.p99Ms),
    ms(double.mostMs),
    number(double.refused),
    ms(double.recoveredMs),
    number(double.kernelsMost),
  ]);

const wallsTable = (walls: readonly Wall[]) =>
  table(
    ["reached at, a second", "wall", "known", "what moves it"],
    walls.map(({ perSecond, what, known, moves }) => [number(perSecond), what, known, moves]),
  );

function firstWalls(walls: readonly Wall[]): string[] {
  return rates.map((rate) => {
    const met = walls.filter(({ perSecond }) => perSecond <= rate);
    const next = walls.find(({ perSecond }) => perSecond > rate);
    const behind =
      met.length === 0 ? "none is met" : `${met.length} ${met.length === 1 ? "is" : "are"} met and must have been moved`;
    return `- **${number(rate)} a second**: ${behind}; the next is ${next ? `at ${number(next.perSecond)}: ${next.what}` : "not known"}.`;
  });
}

const inputsTable = (is: Inputs) =>
  table(
    ["option", "value", "what", "known"],
    names.map((name) => {
      const { unit, what, from, where } = inputs[name];
      return [
        `\`--${optionOf(name)}\``,
        `${is[name].toLocaleString("en")} ${unit}`.trim(),
        what,
        where === "" ? from : `${from}: ${where}`,
      ];
    }),
  );

/** Everything between the marks. */
export function sectionOf(mix: readonly Kind[], is: Inputs, runs: readonly Run[]): string {
  const mean = meanOf(mix, is);
  const walls = wallsOf(mean, is);
  return [
    "",
    `One computation of the mix holds a kernel for ${number(mean.ms)} ms and costs ${number(mean.cpuMs)} ms of CPU in all processes together.`,
    "",
    ...sizesTable(mix, is),
    "",
    "![Kernels, cores and nodes against the rate](scaling/sizes.svg)",
    "",
    "### Does nobody wait?",
    "",
    ...[line(simulatedHead), `|${"---|".repeat(simulatedHead.length)}`, ...runs.map(simulatedRow)],
    "",
    "![Kernels that compute, are idle or start, and computations that wait, when twice 500 a second come from second 0 on](scaling/step.svg)",
    "",
    "### The walls, in the order in which they are met",
    "",
    ...firstWalls(walls),
    "",
    ...wallsTable(walls),
    "",
    "With `isolation: sandbox`:",
    "",
    ...wallsTable(freshWallsOf(mean, is)),
    "",
    "### What it is computed from",
    "",
    ...inputsTable(is),
    "",
  ].join("\n");
}
