/** What the service did in the last day, minute by minute, as this gateway knows it: no clock of its own; next: day-keeper.ts. */
import { timeClasses as classes, dayMs, type StoredMinute } from "#database/minutes.ts";
import type { Entry } from "#gateway/book.ts";
import type { Day, Minute, ServiceStatus } from "#gateway/core.ts";
import { type OutcomeKind, outcomeKind } from "#protocol/computation.ts";
import type { GatewayStatus } from "#protocol/exec.ts";

const minuteMs = 60_000;
const shownMinutes = 60;
const dayMinutes = dayMs / minuteMs;
/** What is told of a minute may come a little later: it is over then. */
const settleMs = 5_000;
/** From being overdue to being taken for a broken promise: the lease in which others adopt and end it. */
const leaseMs = 10_000;

type Counts = { idle: number; busy: number; sessions: number };
type Kept = Omit<StoredMinute, "kinds" | "times" | "waits"> & {
  kinds: Map<OutcomeKind, number>;
  times: Uint32Array;
  waits: Uint32Array;
  stored: boolean;
};

export class Lately {
  readonly #began: number;
  /** Oldest first; minutes in which nothing was noted are not there. */
  #minutes: Kept[] = [];
  readonly #refusedBy = new Map<string, number>();

  constructor(now: number) {
    this.#began = now;
  }

  /** An outcome became known. Those from before this gateway began belong to minutes that it does not know. */
  finished({ request, assigned, outcome }: Entry): void {
    if (!outcome || outcome.at < this.#began) return;
    const minute = this.#changing(outcome.at);
    minute.kinds.set(outcome.outcome.kind, (minute.kinds.get(outcome.outcome.kind) ?? 0) + 1);
    count(minute.times, outcome.at - request.at);
    count(minute.waits, (assigned ?? outcome).at - request.at);
    if (outcome.at > deadlineOf({ request, assigned })) minute.late += 1;
  }

  refused(now: number): void {
    this.#changing(now).refused += 1;
  }

  /** Once a second: what is now. `others`: what the other gateways say. */
  sample(kernels: Counts, waiting: number, { others, now }: { others: readonly GatewayStatus[]; now: number }): void {
    const minute = this.#changing(now);
    minute.samples += 1;
    minute.idle += kernels.idle;
    minute.busy += kernels.busy + kernels.sessions;
    minute.waitingMost = Math.max(minute.waitingMost, waiting);
    for (const { gateway, refused = 0 } of others) {
      minute.refused += Math.max(0, refused - (this.#refusedBy.get(gateway) ?? refused));
      this.#refusedBy.set(gateway, refused);
    }
    for (const gateway of this.#refusedBy.keys())
      if (!others.some((other) => other.gateway === gateway)) this.#refusedBy.delete(gateway);
  }

  /** Minutes that are over and not stored yet; `leaving`: this one too, as far as it went. */
  due(now: number, leaving = false): StoredMinute[] {
    const last = leaving ? now : now - settleMs - minuteMs;
    return this.#minutes.filter(({ minute, stored }) => !stored && minute * minuteMs <= last).map(plain);
  }

  stored(minutes: readonly StoredMinute[]): void {
    const numbers = new Set(minutes.map(({ minute }) => minute));
    for (const kept of this.#minutes) if (numbers.has(kept.minute)) kept.stored = true;
  }

  /** Takes in what was stored before this gateway began; of a minute that it knows too, what was looked at for longer. */
  restore(minutes: readonly StoredMinute[]): void {
    const known = new Map(this.#minutes.map((kept) => [kept.minute, kept]));
    for (const one of minutes)
      if (one.samples > (known.get(one.minute)?.samples ?? -1)) known.set(one.minute, { ...counted(one), stored: true });
    this.#keep([...known.values()]);
  }

  /** `open`: computations without an outcome, as far as known. */
  status(
    now: ServiceStatus["now"],
    { gateways, open, at }: { gateways: number; open: Iterable<Entry>; at: number },
  ): ServiceStatus {
    let overdue = 0;
    for (const entry of open) if (!entry.outcome && at > deadlineOf(entry)) overdue += 1;
    return {
      at: new Date(at).toISOString(),
      ...this.#known(at),
      gateways,
      now,
      minutes: this.#shown(at),
      day: this.#day(at, overdue),
    };
  }

  /** From when on, and of how many minutes since then nothing: no gateway ran, or what it saw went with it. */
  #known(at: number): { since: string; unknownMinutes: number } {
    const last = Math.floor(at / minuteMs);
    const first = last - dayMinutes + 1;
    const began = Math.floor(this.#began / minuteMs);
    const seen = this.#minutes.filter(({ minute, samples }) => minute >= first && samples > 0);
    const oldest = seen[0] && seen[0].minute <= began ? seen[0] : undefined;
    const from = Math.max(first, oldest?.minute ?? began);
    // The oldest was looked at until its end, or until now.
    const looked = oldest && Math.min(at, (oldest.minute + 1) * minuteMs) - oldest.samples * 1000;
    const begin = Math.min(looked ?? this.#began, this.#began);
    return {
      since: new Date(from === first ? at - dayMs : begin).toISOString(),
      // The minute that goes on is known by being counted now.
      unknownMinutes: last - from - seen.filter(({ minute }) => minute < last).length,
    };
  }

  #shown(at: number): Minute[] {
    const first = Math.floor(at / minuteMs) - shownMinutes + 1;
    const kept = new Map(this.#minutes.map((minute) => [minute.minute, minute]));
    return Array.from({ length: shownMinutes }, (_, i) => {
      const one = kept.get(first + i);
      const mean = (sum: number) => (one && one.samples > 0 ? Math.round((sum / one.samples) * 10) / 10 : null);
      return {
        at: new Date((first + i) * minuteMs).toISOString(),
        idle: mean(one?.idle ?? 0),
        busy: mean(one?.busy ?? 0),
        waiting: one && one.samples > 0 ? one.waitingMost : null,
        finished: one ? sumOf(one.kinds.values()) : 0,
        refused: one?.refused ?? 0,
        halfWithinMs: one ? quantile([one.times], 0.5) : null,
        mostWithinMs: one ? quantile([one.times], 0.95) : null,
      };
    });
  }

  #day(at: number, overdue: number): Day {
    const first = Math.floor(at / minuteMs) - dayMinutes;
    const minutes = this.#minutes.filter(({ minute }) => minute > first);
    const kinds = Object.fromEntries(
      outcomeKind.options.map((kind) => [kind, sumOf(minutes.map((one) => one.kinds.get(kind) ?? 0))]),
    ) as Record<OutcomeKind, number>;
    return {
      finished: sumOf(Object.values(kinds)),
      kinds,
      late: sumOf(minutes.map(({ late }) => late)),
      overdue,
      refused: sumOf(minutes.map(({ refused }) => refused)),
      waitMostWithinMs: quantile(
        minutes.map(({ waits }) => waits),
        0.95,
      ),
      mostWithinMs: quantile(
        minutes.map(({ times }) => times),
        0.95,
      ),
    };
  }

  /** The minute of `at`, to be counted in. */
  #changing(at: number): Kept {
    const minute = Math.floor(at / minuteMs);
    const known = this.#minutes.findLast((one) => one.minute === minute);
    if (known) {
      known.stored = false;
      return known;
    }
    const zeros = { samples: 0, idle: 0, busy: 0, waitingMost: 0, refused: 0, late: 0 };
    const made = { minute, ...zeros, kinds: new Map(), times: noTimes(), waits: noTimes(), stored: false };
    this.#keep([...this.#minutes, made]);
    return made;
  }

  #keep(minutes: Kept[]): void {
    this.#minutes = minutes.sort((a, b) => a.minute - b.minute).slice(-dayMinutes);
  }
}

const noTimes = () => new Uint32Array(classes.count);
const plain = ({ stored, kinds, times, waits, ...rest }: Kept): StoredMinute => ({
  ...rest,
  kinds: Object.fromEntries(kinds),
  times: [...times],
  waits: [...waits],
});
const counted = ({ kinds, times, waits, ...rest }: StoredMinute): Omit<Kept, "stored"> => ({
  ...rest,
  kinds: new Map(Object.entries(kinds) as [OutcomeKind, number][]),
  times: Uint32Array.from(times),
  waits: Uint32Array.from(waits),
});

/** By then its outcome is promised. */
const deadlineOf = ({ request, assigned }: Pick<Entry, "request" | "assigned">): number =>
  (assigned?.endBy ?? request.waitUntil) + leaseMs;

const classOf = (ms: number): number => {
  const size = Math.ceil(Math.log(Math.max(1, ms) / classes.leastMs) / Math.log(classes.factor));
  return Math.min(classes.count - 1, Math.max(0, size));
};

const count = (counts: Uint32Array, ms: number): void => {
  const size = classOf(ms);
  counts[size] = (counts[size] ?? 0) + 1;
};

/** In ms, rounded up to its class; null: nothing was counted. */
const quantile = (counts: readonly Uint32Array[], q: number): number | null => {
  const total = sumOf(counts.map((one) => sumOf(one)));
  if (total === 0) return null;
  let left = Math.ceil(total * q);
  for (let size = 0; size < classes.count; size++) {
    left -= sumOf(counts.map((one) => one[size] ?? 0));
    if (left <= 0) return Math.round(classes.leastMs * classes.factor ** size);
  }
  return null;
};

const sumOf = (numbers: Iterable<number>): number => {
  let sum = 0;
  for (const number of numbers) sum += number;
  return sum;
};
