/** A pool of a size under steady load, and when twice as much comes at once: the operator's own code in virtual time; next: section.ts. */
import { type Kind, pick } from "#loadtest/lib/mix.js";
import { Crowd } from "#test/simulation/crowd.ts";
import type { Inputs } from "#test/sizing/inputs.ts";
import { heldMs, meanOf, sizeOf } from "#test/sizing/sizes.ts";

const second = 1_000;
const settlesMs = 60 * second;
const steadyMs = 60 * second;
const doubleMs = 90 * second;
/** Binding pods is what a scheduler does 50 times a second by default. */
const refillMost = 50;
/** A wait that nobody notices. */
const noticedMs = 100;
const seed = 1;
const noon = Date.UTC(2026, 9, 6, 12);

/** `steady`: idleMin for the rate itself. `double`: for twice the rate, so that a step finds its kernels warm. */
export type Stock = "steady" | "double";
type Waits = { p50Ms: number; p99Ms: number; mostMs: number; refused: number };
export type Moment = { seconds: number; idle: number; busy: number; starting: number; waiting: number };
export type Simulated = {
  idleMin: number;
  refillPerSecond: number;
  steady: Waits & { kernels: number };
  double: Waits & { kernelsMost: number; recoveredMs: number };
  /** Each half second; 0: when the load doubles. */
  moments: Moment[];
  wrongs: readonly string[];
};

export async function simulate(perSecond: number, stock: Stock, of: { mix: readonly Kind[]; is: Inputs }): Promise<Simulated> {
  const { is } = of;
  const mix = [...of.mix];
  const mean = meanOf(mix, is);
  const { enough: idleMin } = sizeOf(stock === "double" ? 2 * perSecond : perSecond, mean, is);
  const twice = sizeOf(2 * perSecond, mean, is).warm;
  const refillPerSecond = Math.min(refillMost, Math.max(1, Math.ceil(sizeOf(perSecond, mean, is).warm / 10)));
  const fillMs = Math.ceil(idleMin / refillPerSecond + 15) * second;
  const [measured, doubles] = [fillMs + settlesMs, fillMs + settlesMs + steadyMs];
  const crowd = new Crowd({
    seed,
    from: noon,
    perSecond: (ms) => (ms < fillMs ? 0 : ms < doubles ? perSecond : 2 * perSecond),
    runMs: (chance) => heldMs(pick(mix, chance.below(1_000_000) / 1_000_000), is),
    queueMax: 20 * perSecond,
    pool: {
      capacity: { idleMin, idleMax: 2 * Math.max(idleMin, twice), totalMax: 3 * Math.max(idleMin, twice) },
      refill: { perSecond: refillPerSecond, burst: refillPerSecond },
      updateStrategy: { maxUnavailable: Math.max(1, Math.ceil(idleMin / 20)) },
      reuse: { computations: is.reuse },
      follow: { utilization: is.utilization },
    },
  });
  const moments: Moment[] = [];
  let [kernels, looks, kernelsMost] = [0, 0, 0];
  while (crowd.elapsedMs < doubles + doubleMs) {
    await crowd.step();
    const { elapsedMs, busy, warm, waiting } = crowd;
    const total = crowd.kernels.actual().length;
    if (elapsedMs > measured && elapsedMs <= doubles) {
      kernels += total;
      looks += 1;
    }
    if (elapsedMs > doubles) kernelsMost = Math.max(kernelsMost, total);
    moments.push({
      seconds: (elapsedMs - doubles) / second,
      idle: Math.max(0, warm - busy),
      busy,
      starting: total - warm,
      waiting,
    });
  }
  const between = (from: number, to: number): Waits => {
    const ms = crowd.waits.filter(({ at }) => at >= from && at < to).map((wait) => wait.ms);
    const sorted = Float64Array.from(ms).sort();
    const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
    const refused = crowd.refusedAt.filter((came) => came >= from && came < to).length;
    return { p50Ms: at(0.5), p99Ms: at(0.99), mostMs: at(1), refused };
  };
  const late = crowd.waits.findLast(({ at, ms }) => at >= doubles && ms > noticedMs);
  return {
    idleMin,
    refillPerSecond,
    steady: { ...between(measured, doubles), kernels: kernels / looks },
    double: { ...between(doubles, doubles + doubleMs), kernelsMost, recoveredMs: late ? late.at - doubles : 0 },
    moments,
    wrongs: crowd.wrongs,
  };
}
