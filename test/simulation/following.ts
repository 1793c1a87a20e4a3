/** How a pool follows a step, a ramp and a day: `node test/simulation/following.ts` prints the table of docs/following.md; next: following.test.ts. */
import { Crowd } from "#test/simulation/crowd.ts";

const minute = 60_000;
/** A Tuesday. */
const midnight = Date.UTC(2026, 9, 6);
const capacity = { idleMin: 4, idleMax: 8, totalMax: 60 };
const refill = { perSecond: 2, burst: 8 };
const never = 1_000_000;
/** Who waits longer than this notices. */
const noticedMs = 1_000;

/** What the pool has to follow with. */
export const ways = {
  "idleMin alone": { follow: { by: "nothing" } },
  "without panic": { follow: { panicFactor: never } },
  "as it is": {},
  "with a schedule": { schedules: [{ from: "08:50", until: "09:10", idleMin: 30 }] },
} as const;
export type Way = keyof typeof ways;

/** Everybody computes for three seconds on average. `changesAt`: from when on recovery is counted. */
export const shapes = {
  step: {
    words: "20 times as much at once, for ten minutes",
    from: midnight,
    runs: 25 * minute,
    changesAt: 5 * minute,
    perSecond: (ms: number) => (ms >= 5 * minute && ms < 15 * minute ? 8 : 0.4),
    ways: ["idleMin alone", "without panic", "as it is"],
  },
  ramp: {
    words: "20 times as much within ten minutes",
    from: midnight,
    runs: 30 * minute,
    changesAt: 5 * minute,
    perSecond: (ms: number) => 0.4 + 7.6 * Math.min(1, Math.max(0, (ms - 5 * minute) / (10 * minute))),
    ways: ["idleMin alone", "without panic", "as it is"],
  },
  day: {
    words: "a morning from 8:30 to 11, with a class of 200 at 9",
    from: midnight + 510 * minute,
    runs: 150 * minute,
    changesAt: 30 * minute,
    perSecond: (ms: number) => day(8.5 + ms / (60 * minute)),
    ways: ["idleMin alone", "as it is", "with a schedule"],
  },
} as const satisfies Record<string, Shape>;
type Shape = {
  words: string;
  from: number;
  runs: number;
  changesAt: number;
  perSecond: (ms: number) => number;
  ways: readonly Way[];
};
export type ShapeName = keyof typeof shapes;

/** Visitors come and go over the day; two hundred in a class each compute every 40 s for an hour and a half, and all at once when it begins. */
const day = (hour: number): number => {
  const visitors = 0.3 + 0.9 * Math.max(0, Math.sin(((hour - 6) / 16) * Math.PI));
  const eager = hour >= 9 && hour < 9 + 1 / 60 ? 2 : 1;
  return visitors + (hour >= 9 && hour < 10.5 ? (eager * 200) / 40 : 0);
};

export type Told = {
  crowd: Crowd;
  /** From the change until a minute begins in which nobody waits a second. */
  recoveryMs: number;
  /** Of those after the change, the part that waited a second or longer. */
  noticed: number;
  waitP99Ms: number;
  waitMostMs: number;
  refused: number;
  totalHighest: number;
  /** Kernels held for each one that computed, on average. */
  heldPerUsed: number;
};

export const tell = async (shape: Shape, way: Way, seed: number): Promise<Told> => {
  const { from, perSecond, runs, changesAt } = shape;
  const crowd = new Crowd({ seed, from, perSecond, runMs: 3_000, pool: { capacity, refill, ...ways[way] } });
  await crowd.run(runs);
  const after = crowd.waits.filter(({ at }) => at >= changesAt);
  const noticed = after.filter(({ ms }) => ms > noticedMs).map(({ at }) => at - changesAt);
  const sorted = after.map(({ ms }) => ms).sort((a, b) => a - b);
  return {
    crowd,
    recoveryMs: noticed.sort((a, b) => a - b).reduce((until, at) => (at - until < minute ? at : until), 0),
    noticed: noticed.length / after.length,
    waitP99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
    waitMostMs: sorted.at(-1) ?? 0,
    refused: crowd.refused,
    totalHighest: crowd.totalHighest,
    heldPerUsed: crowd.heldMs / crowd.usedMs,
  };
};

export const seeds = [1, 2, 3];
const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
const seconds = (ms: number) => (ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`);

export const heading = [
  "| load | the pool follows | until nobody waits a second | waited longer | p99 of the wait | longest wait | refused | most kernels | held for each that computes |",
  "|---|---|---|---|---|---|---|---|---|",
];
/** Medians of the seeds. */
export const row = (name: ShapeName, way: Way, told: readonly Told[]): string => {
  const of = (figure: (one: Told) => number) => median(told.map(figure));
  const cells = [
    shapes[name].words,
    way,
    seconds(of(({ recoveryMs }) => recoveryMs)),
    `${(100 * of(({ noticed }) => noticed)).toFixed(1)} %`,
    seconds(of(({ waitP99Ms }) => waitP99Ms)),
    seconds(of(({ waitMostMs }) => waitMostMs)),
    String(of(({ refused }) => refused)),
    String(of(({ totalHighest }) => totalHighest)),
    of(({ heldPerUsed }) => heldPerUsed).toFixed(1),
  ];
  return `| ${cells.join(" | ")} |`;
};

if (process.argv[1] === import.meta.filename) {
  for (const line of heading) console.log(line);
  for (const [name, shape] of Object.entries(shapes))
    for (const way of shape.ways) {
      const told = await Promise.all(seeds.map((seed) => tell(shape, way, seed)));
      console.log(row(name as ShapeName, way, told));
    }
}
