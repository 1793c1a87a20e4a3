/** What docs/scaling.md says of sizes is what the formulas and the simulation say; next: sizes.ts. */
import { type Kind, mixOf } from "#loadtest/lib/mix.js";
import { defaults as is, names, optionOf } from "#test/sizing/inputs.ts";
import { sizesPicture, stepPicture } from "#test/sizing/pictures.ts";
import { drawnRate, type Run, sectionOf, stocks, withSection } from "#test/sizing/section.ts";
import { simulate } from "#test/sizing/simulated.ts";
import { freshSizeOf, hearingHalfAt, meanOf, sizeOf } from "#test/sizing/sizes.ts";
import { read } from "#test/tree.ts";

const mix = mixOf();
const mean = meanOf(mix, is);
/** The largest rate takes longer than a test may: its rows are written by the command alone. */
const tested = [50, 500];

describe("a size", () => {
  test("is of the mix: each kind holds a kernel for its time, and costs its CPU", () => {
    const of = (text: string) => meanOf(mixOf(text) as Kind[], is);
    expect(of("plot")).toEqual({ ms: is.plotMs, cpuMs: is.plotCpuMs, files: 1 });
    expect(of("arithmetic=3,long=1").ms).toBeCloseTo(is.arithmeticMs + is.longMs / 4);
    expect(of("arithmetic=1,plot=1").cpuMs).toBeCloseTo((is.arithmeticCpuMs + is.plotCpuMs) / 2);
  });
  test("has ten times the cores for ten times the rate, and fewer idle kernels for each that computes", () => {
    const [small, large] = [sizeOf(50, mean, is), sizeOf(500, mean, is)];
    expect(large.computingCores).toBeCloseTo(10 * small.computingCores);
    expect(large.enough / large.busy).toBeLessThan(small.enough / small.busy);
    expect(large.nodes).toBe(Math.max(large.nodesByCpu, large.nodesByMemory));
  });
  test("pays a kernel's start for each computation when each has a sandbox of its own, else for each thousandth", () => {
    const [used, fresh] = [sizeOf(50, mean, is), freshSizeOf(50, mean, is)];
    expect(fresh.startingCores).toBeCloseTo(is.reuse * used.startingCores);
  });
  test("has gateways that each take a share and hear of the rest, and is divided before they only hear", () => {
    const most = hearingHalfAt(is);
    const { gateways, gatewayCores, installations } = sizeOf(most, mean, is);
    expect(installations).toBe(1);
    expect(gatewayCores / gateways).toBeLessThanOrEqual(is.threadUse);
    expect(sizeOf(2 * most + 1, mean, is).installations).toBe(3);
    expect(sizeOf(2 * most, mean, is).gateways).toBe(2 * gateways);
  });
});

test("every input is an option of its own", () => {
  expect(optionOf("nodeCores")).toBe("node-cores");
  expect(new Set(names.map(optionOf)).size).toBe(names.length);
});

describe("a pool of a size", () => {
  const runs: Run[] = [];
  beforeAll(async () => {
    for (const perSecond of tested)
      for (const stock of stocks) runs.push({ perSecond, stock, simulated: await simulate(perSecond, stock, { mix, is }) });
  }, 60_000);

  test("lets 99 in 100 wait for nothing while the load is steady, and asks no busy kernel to go", () => {
    for (const { simulated } of runs) {
      expect(simulated.steady.p99Ms).toBe(0);
      expect(simulated.steady.refused).toBe(0);
      expect(simulated.wrongs).toEqual([]);
    }
  });
  test("bears twice as much at once when idleMin is for that, and recovers within a minute when it is not", () => {
    for (const { stock, simulated } of runs) {
      if (stock === "double") expect(simulated.double.p99Ms).toBe(0);
      expect(simulated.double.recoveredMs).toBeLessThan(60_000);
      expect(simulated.double.refused).toBe(0);
    }
  });
  test("is as docs/scaling.md and its pictures have it (npm run loadtest -- sizing --docs writes them)", () => {
    const page = read("docs/scaling.md").split("\n");
    const missing = sectionOf(mix, is, runs)
      .split("\n")
      .filter((line) => !page.includes(line));
    expect(missing).toEqual([]);
    expect(read("docs/scaling/sizes.svg")).toBe(`${sizesPicture(mix, is)}\n`);
    const drawn = runs.find(({ perSecond, stock }) => perSecond === drawnRate && stock === "steady");
    expect(read("docs/scaling/step.svg")).toBe(`${stepPicture(drawnRate, drawn?.simulated.moments ?? [])}\n`);
  });
});

test("a page keeps what stands around the marks, and one without marks is no place for sizes", () => {
  const page = read("docs/scaling.md");
  const [before, after] = withSection(page, "MADE").split("MADE");
  expect(page.startsWith(before ?? "-")).toBe(true);
  expect(page.endsWith(after ?? "-")).toBe(true);
  expect(() => withSection("# Page", "MADE")).toThrow("no marks");
});
