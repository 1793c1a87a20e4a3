/** A crowd that computes on a pool which follows it, in virtual time: what people wait and what the pool holds; next: following.ts. */
import { type KernelPoolSpec, kernelPoolSpec } from "#operator/kernel-pool.ts";
import type { Decision } from "#operator/pool/decide.ts";
import { type HeardStatus, hear } from "#operator/pool/kernels.ts";
import type { Waiting } from "#operator/pool/load.ts";
import { MemoryKernels } from "#operator/pool/memory-kernels.ts";
import { PoolReconciler } from "#operator/pool/reconcile.ts";
import { type Chance, chance } from "#test/simulation/random.ts";

export type CrowdInput = {
  seed: number;
  pool: object;
  /** Computations that arrive a second, at a time in ms since the begin. */
  perSecond: (ms: number) => number;
  /** How long one runs on average; most are shorter, some much longer. */
  runMs: number;
  /** When the simulation begins, ms since 1970: schedules go by the clock. */
  from: number;
};
type Life = { warmAt: number; freeAt: number; served: number; leaving: boolean; said: string; sequence: number };

const stepMs = 500;
const start = { leastMs: 7_000, mostMs: 12_000 };
const listLagMs = 1_000;
/** As a gateway's: what does not fit is refused. */
const queueMax = 1_000;

export class Crowd {
  readonly spec: KernelPoolSpec;
  readonly kernels: MemoryKernels;
  /** Of each computation that began: when it came, and what it waited, in ms. */
  readonly waits: { at: number; ms: number }[] = [];
  /** What a promise would have been broken by, in words. */
  readonly wrongs: string[] = [];
  refused = 0;
  now: number;
  last: Decision | undefined;
  /** Kernels times ms: those that exist, and those that computed. */
  heldMs = 0;
  usedMs = 0;
  totalHighest = 0;
  readonly #input: CrowdInput;
  readonly #chance: Chance;
  readonly #lives = new Map<string, Life>();
  readonly #heard = new Map<string, HeardStatus>();
  readonly #line: number[] = [];
  readonly #operator: PoolReconciler;
  #waiting: Waiting | null = null;
  #made = 0;

  constructor(input: CrowdInput) {
    this.#input = input;
    this.spec = kernelPoolSpec.parse(input.pool);
    this.#chance = chance(input.seed);
    this.now = input.from;
    this.kernels = new MemoryKernels({ now: () => this.now, lagMs: () => this.#chance.below(listLagMs) });
    const hearsSince = this.now;
    this.#operator = new PoolReconciler({
      kernels: this.kernels,
      spec: () => ({ spec: this.spec, revision: "only", deleted: false }),
      heard: (id) => this.#heard.get(id),
      hearsSince: () => hearsSince,
      waiting: () => this.#waiting,
      newKernelId: () => `k${String(this.#made++).padStart(25, "0")}`,
      now: () => this.now,
      report: (decision) => this.#check(decision),
      acted: () => undefined,
    });
  }

  get waiting(): number {
    return this.#line.length;
  }
  get elapsedMs(): number {
    return this.now - this.#input.from;
  }
  get warm(): number {
    return [...this.#lives.values()].filter((life) => !life.leaving && life.warmAt <= this.now).length;
  }

  async run(ms: number): Promise<void> {
    for (const end = this.now + ms; this.now < end; ) await this.step();
  }

  async step(): Promise<void> {
    this.now += stepMs;
    this.#arrive();
    this.#meetKernels();
    this.#work();
    this.#speak();
    const count = this.#line.length;
    this.#waiting = count === 0 ? null : { count, since: this.#waiting?.since ?? this.now };
    await this.#operator.pass();
  }

  /** A kernel that says it is busy is never asked to go, unless it has served its time. */
  #check(decision: Decision): void {
    this.last = decision;
    const total = this.kernels.actual().length;
    const creates = decision.actions.filter((action) => action.do === "create").length;
    if (total + creates > this.spec.capacity.totalMax) this.wrongs.push(`${total + creates} kernels, above totalMax`);
    for (const action of decision.actions) {
      if (action.do === "create") continue;
      const said = this.#heard.get(action.kernel)?.status;
      if (said?.state === "busy" && said.served < this.spec.reuse.computations)
        this.wrongs.push(`${action.do} of a busy kernel: ${action.reason}`);
    }
  }

  /** Poisson: a pause has no memory, so that it may be drawn anew each step with the rate of then. */
  #arrive(): void {
    const { perSecond, from } = this.#input;
    const rate = perSecond(this.now - stepMs - from);
    if (rate <= 0) return;
    for (let at = this.now - stepMs; ; ) {
      at += this.#exponential(1000 / rate);
      if (at > this.now) return;
      if (this.#line.length < queueMax) this.#line.push(at);
      else this.refused += 1;
    }
  }

  #exponential(mean: number): number {
    return -mean * Math.log(1 - this.#chance.below(1_000_000) / 1_000_000);
  }

  #meetKernels(): void {
    const actual = this.kernels.actual();
    const there = new Set(actual.map(({ id }) => id));
    for (const id of this.#lives.keys()) if (!there.has(id)) this.#lives.delete(id);
    for (const { id, phase } of actual) {
      const life = this.#lives.get(id);
      if (life) life.leaving = phase === "leaving";
      else {
        const warmAt = this.now + start.leastMs + this.#chance.below(start.mostMs - start.leastMs);
        this.#lives.set(id, { warmAt, freeAt: warmAt, served: 0, leaving: false, said: "", sequence: 0 });
      }
    }
    const done = [...this.#lives].filter(([, life]) => life.leaving && life.freeAt <= this.now).map(([id]) => id);
    if (done.length > 0) this.kernels.change((all) => all.filter(({ id }) => !done.includes(id)));
    this.totalHighest = Math.max(this.totalHighest, actual.length);
    this.heldMs += actual.length * stepMs;
  }

  #work(): void {
    const able = [...this.#lives.values()].filter((life) => !life.leaving);
    for (;;) {
      const came = this.#line[0];
      if (came === undefined) return;
      const free = able.filter((life) => life.freeAt <= this.now);
      const life = free[this.#chance.below(Math.max(1, free.length))];
      if (!life) return;
      this.#line.shift();
      const begins = Math.max(came, life.freeAt);
      const runs = this.#exponential(this.#input.runMs);
      this.waits.push({ at: came - this.#input.from, ms: begins - came });
      this.usedMs += runs;
      life.freeAt = begins + runs;
      life.served += 1;
    }
  }

  #speak(): void {
    for (const [kernel, life] of this.#lives) {
      if (life.warmAt > this.now) continue;
      const state = life.leaving ? "leaving" : life.freeAt > this.now ? "busy" : "idle";
      const freeSlots = state === "idle" ? 1 : 0;
      life.sequence += 1;
      const said = { kernel, pool: "default", state, freeSlots, served: life.served, computations: [] } as const;
      const status = { ...said, computations: [], memoryBytes: 0, sequence: life.sequence };
      this.#heard.set(kernel, hear(this.#heard.get(kernel), status, this.now));
    }
  }
}
