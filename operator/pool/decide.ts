/** What a pool should do now: pure, an ordered list of rules, each one function with its reason; next: kernels.ts (what it sees). */
import { type KernelPoolSpec, leaveMs } from "#operator/kernel-pool.ts";
import type { ConditionReason } from "#operator/pool/condition-reasons.ts";
import type { PoolKernel } from "#operator/pool/kernels.ts";
import { highest, type Load, type Waiting } from "#operator/pool/load.ts";
import { allowance, type Starts } from "#operator/pool/refill.ts";
import { nextMinute, scheduledIdle } from "#operator/pool/schedule.ts";

/** Everything a decision is made of. `revision`: what new kernels are made of. `hearsSince`: nobody could be heard before. */
export type Sight = {
  spec: KernelPoolSpec;
  revision: string;
  deleted: boolean;
  kernels: readonly PoolKernel[];
  starts: Starts;
  waiting: Waiting | null;
  load: Load;
  hearsSince: number;
  now: number;
};

/** leave: take no more, finish, exit. destroy: at once, only for kernels that are dead or in doubt. */
export type Action = { do: "create"; reason: string } | { do: "leave" | "destroy"; kernel: string; reason: string };
/** While the load rises, how soon to look again. */
const risingMs = 1_000;
type Finding = Action | { lookAt: number };

export type PoolStatus = {
  total: number;
  wanted: number;
  starting: number;
  idle: number;
  busy: number;
  sessions: number;
  leaving: number;
  dead: number;
  updated: number;
  revision: string;
  conditions: { type: "Ready" | "Progressing" | "Degraded"; status: boolean; reason: ConditionReason }[];
};
/** `shrinks`: kernels are given up because fewer do, and no others for a while. */
export type Decision = { actions: Action[]; shrinks: boolean; status: PoolStatus; lookAgainAt: number | null };

const inStock = (kernel: PoolKernel) => kernel.state !== "leaving" && kernel.state !== "dead";
const idle = (kernel: PoolKernel) => kernel.state === "idle" && !kernel.session;
const oldestFirst = (a: PoolKernel, b: PoolKernel) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);
const newestWorkFirst = (a: PoolKernel, b: PoolKernel) => (idle(a) || idle(b) ? 0 : b.since - a.since);
/** Of those at work, the one that began last: it is about to be idle, where one that has long computed may go on for long. */
const idleFirst = (a: PoolKernel, b: PoolKernel) =>
  Number(idle(b)) - Number(idle(a)) || newestWorkFirst(a, b) || oldestFirst(a, b);

/** Those that a computation could use now or, being busy for a moment only, very soon. */
const free = ({ spec, kernels, waiting, now }: Sight) => {
  const { settleMs } = spec.times;
  const pressed = waiting !== null && now - waiting.since >= settleMs;
  return kernels.filter(
    (k) => idle(k) || (k.state === "busy" && !k.session && (k.freeSlots > 0 || (!pressed && now - k.since < settleMs))),
  );
};

const member = (kernel: PoolKernel) => (kernel.state === "idle" || kernel.state === "busy") && !kernel.session;

/** How many to keep idle now. */
const floor = ({ spec, now }: Sight) => Math.max(spec.capacity.idleMin, scheduledIdle(spec.schedules, now));

/** Members that the load asks for; another one's to judge where the pool does not follow by itself. */
const asked = ({ spec }: Sight, kernels: number) => (spec.follow.by === "load" ? kernels : 0);

/** How many kernels may be taken away on purpose and not yet be replaced. */
const budget = (sight: Sight) => {
  const { spec, kernels } = sight;
  const room = kernels.length < spec.capacity.totalMax;
  // At the total nothing can be missing that leaving would not make room for.
  const missing = room ? Math.max(0, floor(sight) - free(sight).length) : 0;
  const leaving = kernels.filter((k) => k.state === "leaving" && !k.session).length;
  return Math.max(0, spec.updateStrategy.maxUnavailable - leaving - missing);
};

const clearDead = ({ kernels }: Sight): Finding[] =>
  kernels.filter((k) => k.state === "dead").map((k) => ({ do: "destroy", kernel: k.id, reason: "its process is gone" }));

const overdue = (kernels: PoolKernel[], from: (k: PoolKernel) => number, reason: string, now: number): Finding[] =>
  kernels.map((k) => (now >= from(k) ? { do: "destroy", kernel: k.id, reason } : { lookAt: from(k) }));

const stuckStarting = ({ spec, kernels, hearsSince, now }: Sight): Finding[] => {
  const starting = kernels.filter((k) => k.state === "starting");
  // To an operator that has just begun to listen, every kernel is one that has not spoken yet.
  return overdue(starting, (k) => Math.max(k.createdAt, hearsSince) + spec.times.startMs, "it did not get warm in time", now);
};

const leavingTooLong = ({ spec, kernels, now }: Sight): Finding[] => {
  const leaving = kernels.filter((k) => k.state === "leaving");
  return overdue(leaving, (k) => k.since + leaveMs(spec), "it was asked to leave and stayed", now);
};

const silent = ({ spec, kernels, now }: Sight): Finding[] => {
  const heard = kernels.filter((k) => inStock(k) && k.heardAt !== null);
  return overdue(heard, (k) => (k.heardAt ?? now) + spec.times.silenceMs, "it fell silent", now);
};

const poolDeleted = ({ deleted, kernels }: Sight): Finding[] =>
  deleted ? kernels.filter(inStock).map((k) => ({ do: "leave", kernel: k.id, reason: "its pool is gone" })) : [];

const overTotal = ({ spec, kernels }: Sight): Finding[] => {
  const stock = kernels.filter(inStock);
  const excess = Math.max(0, stock.length - spec.capacity.totalMax);
  const candidates = stock.filter((k) => idle(k) || k.state === "starting").sort(oldestFirst);
  return candidates.slice(0, excess).map((k) => ({ do: "leave", kernel: k.id, reason: "the pool has more than its total" }));
};

/** Far beyond its use, or made for one computation only: no waiting for a replacement. */
const usedUp = ({ spec, kernels, now }: Sight): Finding[] => {
  const most = spec.isolation === "sandbox" ? 1 : 2 * spec.reuse.computations;
  const longest = 2 * spec.reuse.minutes * 60_000;
  return kernels
    .filter((k) => inStock(k) && !k.session && (k.served >= most || now - k.createdAt >= longest))
    .map((k) => ({ do: "leave", kernel: k.id, reason: "it is used up" }));
};

const worn = (sight: Sight): Finding[] => {
  const { spec, kernels, now } = sight;
  const until = (k: PoolKernel) => k.createdAt + spec.reuse.minutes * 60_000;
  const members = kernels.filter(member);
  const old = members.filter((k) => k.served >= spec.reuse.computations || now >= until(k)).sort(idleFirst);
  return [
    ...old.slice(0, budget(sight)).map((k): Finding => ({ do: "leave", kernel: k.id, reason: "it has served its time" })),
    ...members.filter((k) => now < until(k)).map((k): Finding => ({ lookAt: until(k) })),
  ];
};

const templateChanged = (sight: Sight): Finding[] => {
  const outdated = sight.kernels.filter((k) => inStock(k) && !k.session && k.revision !== sight.revision);
  const reason = "the pool's template has changed";
  const warm = outdated.filter((k) => k.state !== "starting");
  // To an operator that has just begun to listen, a busy kernel is one that has not spoken yet, too: it will in seconds.
  const starting = outdated.filter((k) => k.state === "starting" && k.createdAt > sight.hearsSince);
  return [...starting, ...warm.sort(idleFirst).slice(0, budget(sight))].map((k) => ({ do: "leave", kernel: k.id, reason }));
};

/** What is missing of the idle ones, or of what the load asks for: whichever is more. */
const refill = (sight: Sight): Finding[] => {
  const { spec, kernels, starts, load, deleted, now } = sight;
  const starting = kernels.filter((k) => k.state === "starting").length;
  const stock = free(sight);
  const below = floor(sight) - stock.length;
  const behind = asked(sight, load.wanted) - kernels.filter(member).length;
  const missing = Math.max(below, behind) - starting;
  const later: Finding[] = [
    ...stock.filter((k) => k.state === "busy").map((k): Finding => ({ lookAt: k.since + spec.times.settleMs })),
    ...(spec.schedules.length > 0 ? [{ lookAt: nextMinute(now) }] : []),
    ...(load.rising ? [{ lookAt: now + risingMs }] : []),
  ];
  if (deleted || missing <= 0) return later;
  // Everything that exists counts, leaving and dead ones too: they still hold memory.
  const room = Math.max(0, spec.capacity.totalMax - kernels.length);
  const { allowed, againAt } = allowance(spec, starts, starting, now);
  const creates = Math.min(missing, room, allowed);
  const more: Finding[] = creates < Math.min(missing, room) && againAt !== null ? [{ lookAt: againAt }] : [];
  const reason = behind > below ? "the load asks for more" : "fewer are idle than the pool wants";
  return [...Array.from({ length: creates }, (): Finding => ({ do: "create", reason })), ...more, ...later];
};

/** Slowly, and only idle ones: those that rested longest, a tenth at a time, when for shrinkMs fewer would have done. */
const shrink = (sight: Sight): Finding[] => {
  const { spec, kernels, load, now } = sight;
  const stock = kernels.filter(idle);
  const members = kernels.filter(member).length;
  const beyond = stock.length - Math.max(spec.capacity.idleMax, floor(sight));
  const excess = Math.min(beyond, members - asked(sight, highest(load)));
  if (excess <= 0) return [];
  const from = Math.max(load.since, load.shrunkAt) + spec.times.shrinkMs;
  if (now < from) return [{ lookAt: from }];
  const step = Math.min(excess, Math.max(1, Math.floor(members / 10)));
  const rested = stock.sort((a, b) => a.since - b.since || oldestFirst(a, b)).slice(0, step);
  return rested.map((k): Finding => ({ do: "leave", kernel: k.id, reason: "more are idle than wanted" }));
};

/** First what is broken, then what must go, then what may go, then what is missing: each rule sees what those before it asked. */
const rules: readonly ((sight: Sight) => Finding[])[] = [
  clearDead,
  stuckStarting,
  leavingTooLong,
  silent,
  poolDeleted,
  overTotal,
  usedUp,
  worn,
  templateChanged,
  shrink,
  refill,
];

export const decide = (sight: Sight): Decision => {
  const actions: Action[] = [];
  let kernels = [...sight.kernels];
  let lookAgainAt: number | null = null;
  let shrinks = false;
  for (const rule of rules) {
    const told = new Set<string>();
    for (const finding of rule({ ...sight, kernels })) {
      if ("lookAt" in finding) lookAgainAt = Math.min(lookAgainAt ?? Number.POSITIVE_INFINITY, finding.lookAt);
      else {
        actions.push(finding);
        if (finding.do !== "create") told.add(finding.kernel);
      }
    }
    shrinks ||= rule === shrink && told.size > 0;
    // A kernel is asked once a pass; it keeps its place in the total until it is seen to be gone.
    kernels = kernels.map((k) => (told.has(k.id) ? { ...k, state: "leaving", since: sight.now, freeSlots: 0 } : k));
  }
  return { actions, shrinks, status: report(sight), lookAgainAt };
};

const report = (sight: Sight): PoolStatus => {
  const { spec, revision, kernels, starts, load } = sight;
  const count = (test: (k: PoolKernel) => boolean) => kernels.filter(test).length;
  const warm = count((k) => k.state === "idle" || k.state === "busy");
  const failing = starts.failures >= 3;
  const stock = kernels.filter(member);
  const wanted = Math.max(floor(sight) + stock.length - free(sight).length, asked(sight, load.wanted));
  // As refill counts: else every short computation would be news.
  const short = free(sight).length < floor(sight) || stock.length < asked(sight, load.wanted);
  const full = kernels.length >= spec.capacity.totalMax;
  return {
    total: kernels.length,
    wanted: Math.min(wanted, spec.capacity.totalMax),
    starting: count((k) => k.state === "starting"),
    idle: count(idle),
    busy: count((k) => k.state === "busy" && !k.session),
    sessions: count((k) => k.session && inStock(k)),
    leaving: count((k) => k.state === "leaving"),
    dead: count((k) => k.state === "dead"),
    updated: count((k) => inStock(k) && k.revision === revision),
    revision,
    conditions: [
      { type: "Ready", status: warm > 0, reason: warm > 0 ? "KernelsWarm" : "NoKernelWarm" },
      {
        type: "Progressing",
        status: short && !failing && !full,
        reason: !short ? "Complete" : full ? "AtTotal" : "Refilling",
      },
      { type: "Degraded", status: failing, reason: failing ? "NotProgressing" : "StartsSucceed" },
    ],
  };
};
