/** A world of kernels that live, work, hang and die by chance, and an operator that sees it late; next: pool.test.ts. */
import { whatIsOver } from "#operator/cleaner.ts";
import { leaveMs } from "#operator/kernel-pool.ts";
import { buildSpec } from "#operator/pool/build-sight.ts";
import type { Action, Decision } from "#operator/pool/decide.ts";
import { type HeardStatus, hear, type ListedKernel } from "#operator/pool/kernels.ts";
import { MemoryKernels } from "#operator/pool/memory-kernels.ts";
import { PoolReconciler } from "#operator/pool/reconcile.ts";
import type { KernelStatus } from "#protocol/exec.ts";
import { type Chance, chance } from "#test/simulation/random.ts";

/** How bad the world is: probabilities a step, delays in ms. */
export type Weather = {
  lagMs: number;
  callFails: number;
  kernelDies: number;
  startHangs: number;
  statusLost: number;
  statusDelayMs: number;
  operatorDies: number;
  load: number;
};
export const storm: Weather = {
  lagMs: 8000,
  callFails: 0.15,
  kernelDies: 0.004,
  startHangs: 0.1,
  statusLost: 0.15,
  statusDelayMs: 3000,
  operatorDies: 0.01,
  load: 0.3,
};
export const calm: Weather = {
  lagMs: 0,
  callFails: 0,
  kernelDies: 0,
  startHangs: 0,
  statusLost: 0,
  statusDelayMs: 0,
  operatorDies: 0,
  load: 0,
};

type Life = {
  warmAt: number;
  busyUntil: number;
  served: number;
  leaving: boolean;
  sequence: number;
  saidAt: number;
  hung: boolean;
};
export const stepMs = 500;
const sweepEveryMs = 60_000;

export class World {
  readonly chance: Chance;
  weather: Weather;
  spec = buildSpec({ capacity: { idleMin: 3, idleMax: 4, totalMax: 7 }, refill: { perSecond: 2, burst: 4 } });
  revision = "first";
  deleted = false;
  /** Its resource is not there any more: nobody passes for it, and its kernels are the cleaner's. */
  poolGone = false;
  now = 1_000_000;
  readonly kernels: MemoryKernels;
  readonly wrongs: string[] = [];
  readonly actions: { action: Action; at: number }[] = [];
  computations = 0;
  restarts = 0;
  last: Decision | undefined;
  #lives = new Map<string, Life>();
  #heard = new Map<string, HeardStatus>();
  #mail: { at: number; status: KernelStatus }[] = [];
  #operator: PoolReconciler;
  #made = 0;

  constructor(seed: number, weather: Weather) {
    this.chance = chance(seed);
    this.weather = weather;
    this.kernels = new MemoryKernels({
      now: () => this.now,
      lagMs: () => this.chance.below(this.weather.lagMs + 1),
      fate: () => (!this.chance.happens(this.weather.callFails) ? "done" : this.chance.happens(0.5) ? "refused" : "answerLost"),
    });
    this.#operator = this.#newOperator();
  }

  #newOperator(): PoolReconciler {
    this.kernels.relisted();
    this.#heard = new Map();
    const hearsSince = this.now;
    return new PoolReconciler({
      kernels: this.kernels,
      spec: () => ({ spec: this.spec, revision: this.revision, deleted: this.deleted }),
      heard: (id) => this.#heard.get(id),
      hearsSince: () => hearsSince,
      waiting: () => null,
      newKernelId: () => `k${String(this.#made++).padStart(25, "0")}`,
      now: () => this.now,
      report: (decision) => (this.last = decision),
      acted: (action, id) => this.#check(action, id),
    });
  }

  restartOperator(): void {
    this.restarts += 1;
    this.#operator = this.#newOperator();
  }

  /** What the world knows about a kernel that was acted on: was it right? */
  #check(action: Action, id: string): void {
    this.actions.push({ action, at: this.now });
    const total = this.kernels.actual().length;
    if (action.do === "create" && total > this.spec.capacity.totalMax) this.wrongs.push(`total ${total} above totalMax`);
    const life = this.#lives.get(id);
    if (action.do !== "destroy" || !life || life.hung || life.leaving || life.warmAt > this.now) return;
    this.wrongs.push(`destroyed ${id}, which was well: ${action.reason}`);
  }

  async step(): Promise<void> {
    this.now += stepMs;
    this.#live();
    for (const { status } of this.#mail.filter((mail) => mail.at <= this.now))
      this.#heard.set(status.kernel, hear(this.#heard.get(status.kernel), status, this.now));
    this.#mail = this.#mail.filter((mail) => mail.at > this.now);
    if (this.chance.happens(this.weather.operatorDies)) this.restartOperator();
    if (!this.poolGone) await this.#operator.pass();
    if (this.now % sweepEveryMs < stepMs) await this.#sweep();
  }

  /** What the cleaner does with a list that lags as the pool's does; a call that fails is made again by the next sweep. */
  async #sweep(): Promise<void> {
    const pods = (await this.kernels.list()).map((kernel) => this.#podOf(kernel));
    const pools = new Set(this.poolGone ? [] : ["pool"]);
    for (const { pod, reason, graceSeconds } of whatIsOver(pods, pools, this.now)) {
      const life = this.#lives.get(pod.id);
      if (graceSeconds !== 0 && !this.poolGone)
        this.wrongs.push(`${pod.id} of a pool that is there was asked to leave: ${reason}`);
      if (graceSeconds === 0 && life && !life.hung && (!life.leaving || life.busyUntil > this.now))
        this.wrongs.push(`the cleaner destroyed ${pod.id}, which was well: ${reason}`);
      await (graceSeconds === 0 ? this.kernels.destroy(pod.id) : this.kernels.leave(pod.id)).catch(() => undefined);
    }
  }

  #podOf(kernel: ListedKernel) {
    const goneBy = kernel.phase === "leaving" ? kernel.since + leaveMs(this.spec) : undefined;
    const own = { uid: kernel.id, pool: "default", poolUid: "pool", ours: true };
    return { ...kernel, ...own, goneBy, graceSeconds: undefined, ended: kernel.phase === "dead", trouble: undefined };
  }

  async run(steps: number): Promise<void> {
    for (let i = 0; i < steps; i++) await this.step();
  }

  counts() {
    const lives = [...this.#lives.values()].filter((life) => !life.hung);
    const idle = lives.filter((l) => !l.leaving && l.warmAt <= this.now && l.busyUntil <= this.now).length;
    return { total: this.kernels.actual().length, idle };
  }

  #live(): void {
    const gone = new Set<string>();
    const died = new Set<string>();
    for (const { id, phase } of this.kernels.actual()) {
      const life = this.#lives.get(id) ?? this.#born(id);
      if (phase === "leaving") life.leaving = true;
      if (this.chance.happens(this.weather.kernelDies)) {
        life.hung = true;
        if (this.chance.happens(0.7)) died.add(id);
      }
      if (life.hung) continue;
      const busy = life.busyUntil > this.now;
      if (life.leaving && !busy) gone.add(id);
      else if (!life.leaving && !busy && life.warmAt <= this.now && this.chance.happens(this.weather.load)) this.#work(life);
      if (life.warmAt <= this.now && this.now - life.saidAt >= 2000) this.#say(id, life);
    }
    if (gone.size + died.size > 0)
      this.kernels.change((all) =>
        all.filter((k) => !gone.has(k.id)).map((k) => (died.has(k.id) ? { ...k, phase: "dead", since: this.now } : k)),
      );
    const there = new Set(this.kernels.actual().map((k) => k.id));
    for (const id of this.#lives.keys()) if (!there.has(id)) this.#lives.delete(id);
  }

  #born(id: string): Life {
    const hung = this.chance.happens(this.weather.startHangs);
    const life = {
      warmAt: this.now + 500 + this.chance.below(10_000),
      busyUntil: 0,
      served: 0,
      leaving: false,
      sequence: 0,
      saidAt: 0,
      hung,
    };
    this.#lives.set(id, life);
    return life;
  }

  #work(life: Life): void {
    life.busyUntil = this.now + (this.chance.happens(0.9) ? this.chance.below(800) : this.chance.below(60_000));
    life.served += 1;
    this.computations += 1;
    life.saidAt = 0;
  }

  #say(id: string, life: Life): void {
    life.saidAt = this.now;
    life.sequence += 1;
    if (this.chance.happens(this.weather.statusLost)) return;
    const state = life.leaving ? "leaving" : life.busyUntil > this.now ? "busy" : "idle";
    const status = { kernel: id, pool: "default", state, freeSlots: state === "idle" ? 1 : 0, served: life.served } as const;
    const at = this.now + this.chance.below(this.weather.statusDelayMs + 1);
    this.#mail.push({ at, status: { ...status, computations: [], memoryBytes: 0, sequence: life.sequence } });
  }
}
