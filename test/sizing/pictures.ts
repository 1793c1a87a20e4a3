/** The pictures of docs/scaling.md about sizes, as SVG: PURE; next: main.ts. */
import type { Kind } from "#loadtest/lib/mix.js";
import { linePlot } from "#loadtest/lib/plot.js";
import type { Inputs } from "#test/sizing/inputs.ts";
import type { Moment } from "#test/sizing/simulated.ts";
import { freshSizeOf, meanOf, sizeOf } from "#test/sizing/sizes.ts";

const drawnRates = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];
const shownBefore = -20;
const shownAfter = 80;

/** Cores, kernels and nodes against the rate. */
export function sizesPicture(mix: readonly Kind[], is: Inputs): string {
  const mean = meanOf(mix, is);
  const sizes = drawnRates.map((rate) => sizeOf(rate, mean, is));
  const fresh = drawnRates.map((rate) => freshSizeOf(rate, mean, is));
  return linePlot({
    title: "Needed",
    unit: "by computations a second",
    places: drawnRates.map((rate) => (rate < 1_000 ? String(rate) : `${rate / 1_000}k`)),
    lines: [
      { name: "cores, sandbox each", values: fresh.map((one) => one.computingCores + one.startingCores) },
      { name: "cores", values: sizes.map((one) => one.computingCores + one.startingCores) },
      { name: "kernels' pods", values: sizes.map(({ kernels }) => kernels) },
      { name: "nodes", values: sizes.map(({ nodes }) => nodes) },
    ],
    powers: true,
    alone: true,
  });
}

/** Kernels and who waits, around the second in which the load doubles. */
export function stepPicture(perSecond: number, moments: readonly Moment[]): string {
  const shown = moments.filter(({ seconds }) => seconds >= shownBefore && seconds <= shownAfter && Number.isInteger(seconds));
  // On a scale of powers there is no 0.
  const values = (of: (moment: Moment) => number) => shown.map((moment) => Math.max(1, of(moment)));
  return linePlot({
    title: `Twice ${perSecond} a second`,
    unit: "from 0 s on",
    places: shown.map(({ seconds }) => `${seconds} s`),
    lines: [
      { name: "busy", values: values(({ busy }) => busy) },
      { name: "waiting", values: values(({ waiting }) => waiting) },
      { name: "idle", values: values(({ idle }) => idle) },
      { name: "starting", values: values(({ starting }) => starting) },
    ],
    powers: true,
    alone: true,
  });
}
