/** What computations ask of a pool, averaged over a long and a short window: PURE; next: schedule.ts. */
import type { KernelPoolSpec } from "#operator/kernel-pool.ts";
import type { PoolKernel } from "#operator/pool/kernels.ts";

/** Computations in line for a kernel of the pool, and since when there are any (ms since 1970). */
export type Waiting = { count: number; since: number };

/** A piece of the window. busyMs, waitingMs: kernels, computations in line, times milliseconds. */
type Slice = { from: number; ms: number; busyMs: number; waitingMs: number; served: number; taken: number };

export type Load = {
  /** The first look; before that nothing is known. */
  since: number;
  last: { at: number; busy: number; waiting: number };
  /** Oldest first; as many as the long window has. */
  slices: readonly Slice[];
  /** What each kernel was at the last look: how many computations it had served, whether a session held it. */
  seen: ReadonlyMap<string, { served: number; session: boolean }>;
  /** How long a kernel takes to get warm, lately. */
  startMs: number;
  panic: { until: number; wanted: number } | null;
  /** Kernels that are held, on average of the long window: by computations that run, by those in line as far as more kernels would help, by being made anew. */
  demand: number;
  /** Kernels that the load asks for: idle, busy and starting ones together. */
  wanted: number;
  /** More is asked for at this instant than on average: worth another look soon. */
  rising: boolean;
  /** What was wanted lately, each lower than the one before it: the first is the highest within shrinkMs. */
  peaks: readonly { wanted: number; at: number }[];
  /** When kernels were last given up because fewer do. */
  shrunkAt: number;
};

/** Until a start was seen. */
const startMsAtFirst = 10_000;
const startWeight = 0.2;
const slicesPerPanic = 6;
/** Longer than any pass is away from the next: what lies further back was not looked at. */
const gapMsMax = 30_000;

export const noLoad = (now: number): Load => ({
  since: now,
  last: { at: now, busy: 0, waiting: 0 },
  slices: [],
  seen: new Map(),
  startMs: startMsAtFirst,
  panic: null,
  demand: 0,
  wanted: 0,
  rising: false,
  peaks: [],
  shrunkAt: now,
});
export const noteStart = (load: Load, ms: number): Load => ({
  ...load,
  startMs: load.startMs + startWeight * (ms - load.startMs),
});
export const noteShrunk = (load: Load, now: number): Load => ({ ...load, shrunkAt: now });

/** Members of the pool's stock, warm ones. */
const warm = (kernel: PoolKernel) => !kernel.session && (kernel.state === "idle" || kernel.state === "busy");

type Look = { spec: KernelPoolSpec; kernels: readonly PoolKernel[]; waiting: Waiting | null; now: number };

export const noteLoad = (load: Load, { spec, kernels, waiting, now }: Look): Load => {
  const { steadyMs, panicMs, panicFactor, utilization } = spec.follow;
  const { served, taken } = changes(load, spec, kernels);
  const ms = Math.min(gapMsMax, Math.max(0, now - load.last.at));
  const piece = { ms, busyMs: load.last.busy * ms, waitingMs: load.last.waiting * ms, served, taken };
  const slices = added(load.slices, piece, now, panicMs / slicesPerPanic).filter(({ from }) => from > now - steadyMs);
  const steady = demandOf(slices, load, spec);
  const short = slices.filter(({ from }) => from > now - panicMs);
  const toKernels = (demand: number) => Math.ceil(demand / utilization - 1e-9);
  // How long a computation takes is told better by the long window.
  const soon = toKernels(demandOf(short, load, spec, runMsOf(slices, spec)));
  const there = kernels.filter(warm);
  const before = load.panic && load.panic.until > now ? load.panic : null;
  const alarmed = soon >= panicFactor * Math.max(1, there.length);
  const panic = alarmed || before ? panicOf(before, alarmed, soon, now + steadyMs) : null;
  const wanted = Math.max(toKernels(steady), panic?.wanted ?? 0);
  const last = { at: now, busy: there.filter(({ state }) => state === "busy").length, waiting: waiting?.count ?? 0 };
  return {
    ...load,
    last,
    slices,
    seen: new Map(kernels.map((k) => [k.id, { served: k.served, session: k.session }])),
    panic,
    demand: steady,
    wanted,
    rising: last.busy + last.waiting > utilization * there.length,
    peaks: [...load.peaks.filter((peak) => peak.wanted > wanted && peak.at > now - spec.times.shrinkMs), { wanted, at: now }],
  };
};

/** In a panic the pool wants ever more, never less; it ends when nothing has alarmed it for the long window. */
const panicOf = (before: Load["panic"], alarmed: boolean, soon: number, until: number): Load["panic"] => ({
  until: alarmed || !before ? until : before.until,
  wanted: Math.max(before?.wanted ?? 0, soon),
});

/** The most that was wanted within shrinkMs. */
export const highest = (load: Load): number => load.peaks[0]?.wanted ?? 0;

const changes = (load: Load, { isolation }: KernelPoolSpec, kernels: readonly PoolKernel[]) => {
  let [served, taken] = [0, 0];
  for (const kernel of kernels) {
    const before = load.seen.get(kernel.id);
    if (!before) continue;
    const more = Math.max(0, kernel.served - before.served);
    served += more;
    // Taken out of the stock for good: it takes a start until another one stands there.
    if (kernel.session ? !before.session : isolation === "sandbox" && more > 0) taken += 1;
  }
  return { served, taken };
};

const added = (slices: readonly Slice[], piece: Omit<Slice, "from">, now: number, width: number): Slice[] => {
  const last = slices.at(-1);
  if (!last || now - last.from >= width) return [...slices, { from: now, ...piece }];
  const sum = { ...last };
  for (const key of ["ms", "busyMs", "waitingMs", "served", "taken"] as const) sum[key] += piece[key];
  return [...slices.slice(0, -1), sum];
};

const total = (slices: readonly Slice[], key: keyof Slice) => slices.reduce((sum, slice) => sum + slice[key], 0);

/** How long a computation holds a kernel; while none has ended, as long as a line may last. */
const runMsOf = (slices: readonly Slice[], { follow: { drainMs } }: KernelPoolSpec) => {
  const served = total(slices, "served");
  return served === 0 ? drainMs : total(slices, "busyMs") / served;
};

/**
 * Kernels held on average: by what runs; by what waits, as many as would work the line off in drainMs, and never more than one each
 * (two hundred in line for 50 ms each need one kernel more, not two hundred); by being replaced, for as long as a start takes.
 */
const demandOf = (slices: readonly Slice[], { startMs }: Load, spec: KernelPoolSpec, runMs = runMsOf(slices, spec)): number => {
  const ms = total(slices, "ms");
  if (ms === 0) return 0;
  const share = Math.min(1, runMs / spec.follow.drainMs);
  return (total(slices, "busyMs") + share * total(slices, "waitingMs") + startMs * total(slices, "taken")) / ms;
};
