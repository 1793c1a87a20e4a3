/** A crowd that computes on a pool which follows it, in virtual time: what people wait and what the pool holds; next: following.ts. */
import { type KernelPoolSpec, kernelPoolSpec } from "#operator/kernel-pool.ts";
import type { Decision } from "#operator/pool/decide.ts";
import { type HeardStatus, hear } from "#operator/pool/kernels.ts";
import type { Waiting } from "#operator/pool/load.ts";
import { MemoryKernels } from "#operator/pool/memory-kernels.ts";
import { PoolReconciler } from "#operator/pool/reconcile.ts";
import { Earliest } from "#test/simulation/earliest.ts";
import { type Chance, chance } from "#test/simulation/random.ts";

export type CrowdInput = {
  seed: number;
  pool: object;
  /** Computations that arrive a second, at a time in ms since the begin. */
  perSecond: (ms: number) => number;
  /** How long one runs on average (most are shorter, some much longer), or how long the next one does. */
  runMs: number | ((chance: Chance) => number);
  /** When the simulation begins, ms since 1970: schedules go by the clock. */
  from: number;
  /** What does not fit into the line is refused. */
  queueMax?: number;
};
/** `beganAt`: its last computation. `spokeAt`: when it last said how it is. */
type Life = {
  warmAt: number;
  beganAt: number;
  freeAt: number;
  served: number;
  leaving: boolean;
  spokeAt: number;
  sequence: number;
};

const stepMs = 500;
const start = { leastMs: 7_000, mostMs: 12_000 };
const listLagMs = 1_000;

export class Crowd {
  readonly spec: KernelPoolSpec;
  readonly kernels: MemoryKernels;
  /** Of each computation that began: when it came, and what it waited, in ms. */
  readonly waits: { at: number; ms: number }[] = [];
  /** What a promise would have been broken by, in words. */
  readonly wrongs: string[] = [];
  /** When each came that was refused, in ms since the begin. */
  readonly refusedAt: number[] = [];
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
  /** How many of them are through it: taking each out of a long one would cost as much as all behind it. */
  #through = 0;
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

  get refused(): number {
    return this.refusedAt.length;
  }
  get waiting(): number {
    return this.#line.length - this.#through;
  }
  get elapsedMs(): number {
    return this.now - this.#input.from;
  }
  get warm(): number {
    return [...this.#lives.values()].filter((life) => !life.leaving && life.warmAt <= this.now).length;
  }
  get busy(): number {
    return [...this.#lives.values()].filter((life) => life.warmAt <= this.now && life.freeAt > this.now).length;
  }

  async run(ms: number): Promise<void> {
    for (const end = this.now + ms; this.now < end; ) await this.step();
  }

  async step(): Promise<void> {
    this.now += stepMs;
    this.#meetKernels();
    this.#work(this.#arrive());
    this.#speak();
    const count = this.waiting;
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
  #arrive(): number[] {
    const { perSecond, from } = this.#input;
    const rate = perSecond(this.now - stepMs - from);
    const came: number[] = [];
    if (rate > 0)
      for (let at = this.now - stepMs; ; ) {
        at += this.#exponential(1000 / rate);
        if (at > this.now) break;
        came.push(at);
      }
    return came;
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
        const nothing = { beganAt: 0, served: 0, leaving: false, spokeAt: 0, sequence: 0 };
        this.#lives.set(id, { warmAt, freeAt: warmAt, ...nothing });
      }
    }
    const done = [...this.#lives].filter(([, life]) => life.leaving && life.freeAt <= this.now).map(([id]) => id);
    if (done.length > 0) this.kernels.change((all) => all.filter(({ id }) => !done.includes(id)));
    this.totalHighest = Math.max(this.totalHighest, actual.length);
    this.heldMs += actual.length * stepMs;
  }

  /** Who comes takes any kernel that is idle at that moment; who finds none stands in line for the next that is free, or is refused. */
  #work(came: readonly number[]): void {
    const { from, queueMax = 1_000 } = this.#input;
    const idle: Life[] = [];
    const busy = new Earliest<Life>((life) => life.freeAt);
    for (const life of this.#lives.values()) if (!life.leaving) busy.add(life);
    /** Until `at` those in line go on as kernels are free, and then kernels are idle. */
    const until = (at: number) => {
      for (let life = busy.first; life && life.freeAt <= at; life = busy.first) {
        busy.take();
        const first = this.#next();
        if (first === undefined) idle.push(life);
        else busy.add(this.#begin(life, first));
      }
    };
    for (const at of came) {
      until(at);
      const which = this.#chance.below(Math.max(1, idle.length));
      const life = idle[which];
      const last = idle.pop();
      if (life && last) {
        if (which < idle.length) idle[which] = last;
        busy.add(this.#begin(life, at));
      } else if (this.waiting < queueMax) this.#line.push(at);
      else this.refusedAt.push(at - from);
    }
    until(this.now);
  }

  #next(): number | undefined {
    const first = this.#line[this.#through];
    if (first !== undefined && ++this.#through === 1_000) {
      this.#line.splice(0, this.#through);
      this.#through = 0;
    }
    return first;
  }

  #begin(life: Life, came: number): Life {
    const { runMs, from } = this.#input;
    const begins = Math.max(came, life.freeAt);
    const runs = typeof runMs === "number" ? this.#exponential(runMs) : runMs(this.#chance);
    this.waits.push({ at: came - from, ms: begins - came });
    this.usedMs += runs;
    life.beganAt = begins;
    life.freeAt = begins + runs;
    life.served += 1;
    return life;
  }

  /** A kernel says at once when it begins and when it is free again, and how it is now. */
  #speak(): void {
    for (const [kernel, life] of this.#lives) {
      if (life.warmAt > this.now) continue;
      const say = (state: "idle" | "busy" | "leaving", at: number) => {
        life.sequence += 1;
        const said = { kernel, pool: "default", state, freeSlots: state === "idle" ? 1 : 0, served: life.served };
        const status = { ...said, computations: [], memoryBytes: 0, sequence: life.sequence };
        this.#heard.set(kernel, hear(this.#heard.get(kernel), status, at));
      };
      if (life.beganAt > life.spokeAt) {
        say("idle", life.beganAt);
        say("busy", life.beganAt);
      }
      const free = life.freeAt <= this.now;
      if (free && !life.leaving) say("idle", life.freeAt);
      say(life.leaving ? "leaving" : free ? "idle" : "busy", this.now);
      life.spokeAt = this.now;
    }
  }
}
