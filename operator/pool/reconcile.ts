/** One pass of a pool: list, correct, decide, act, report; next: work-queue.ts (when). */
import type { KernelPoolSpec } from "#operator/kernel-pool.ts";
import { type Action, type Decision, decide } from "#operator/pool/decide.ts";
import { Expectations } from "#operator/pool/expectations.ts";
import { type HeardStatus, type Kernels, merge, type PoolKernel, Refused } from "#operator/pool/kernels.ts";
import { type Load, noLoad, noteLoad, noteShrunk, noteStart, type Waiting } from "#operator/pool/load.ts";
import { noStarts, noteAsked, noteFailed, noteWarm, type Starts } from "#operator/pool/refill.ts";

export type PoolInput = {
  kernels: Kernels;
  /** Read anew each pass, so that a changed pool counts at once. */
  spec: () => { spec: KernelPoolSpec; revision: string; deleted: boolean };
  /** What kernels said last, by id. */
  heard: (id: string) => HeardStatus | undefined;
  /** From when on kernels could be heard (ms since 1970): who has not spoken since then may be well all the same. */
  hearsSince: () => number;
  waiting: () => Waiting | null;
  /** Asked before each action, where somebody else may have taken over in the middle of a pass. */
  mayAct?: () => boolean;
  newKernelId: () => string;
  now: () => number;
  /** Told of every pass, and of each action with the error it ended with, if any. */
  report: (decision: Decision, load: Load) => void;
  acted: (action: Action, kernel: string, error: unknown) => void;
};

/** Longer than any list lags; a create whose answer was lost shows by then or never. */
const expectationMs = 60_000;
const actionsAtOnce = 8;

export class PoolReconciler {
  readonly #input: PoolInput;
  readonly #expectations = new Expectations(expectationMs);
  /** Kernels not yet warm, to notice how their starts end. */
  readonly #starting = new Set<string>();
  /** Their failure is counted; that they never show must not count again. */
  readonly #failedAtOnce = new Set<string>();
  /** Asked to leave, but perhaps not told: asked again in the next pass. */
  readonly #notTold = new Set<string>();
  #starts: Starts = noStarts;
  #load: Load;

  constructor(input: PoolInput) {
    this.#input = input;
    this.#load = noLoad(input.now());
  }

  /** Returns when to look again at the latest by what is known now (ms since 1970), or null. */
  async pass(): Promise<number | null> {
    const { kernels, heard, now } = this.#input;
    const listed = (await kernels.list()).map((kernel) => merge(kernel, heard(kernel.id)));
    const seen = this.#expectations.correct(listed, now());
    this.#noteStarts(seen);
    const pool = this.#input.spec();
    const look = { kernels: seen, waiting: this.#input.waiting(), now: now() };
    this.#load = noteLoad(this.#load, { ...look, spec: pool.spec });
    const decision = decide({
      ...pool,
      ...look,
      load: this.#load,
      starts: this.#starts,
      hearsSince: this.#input.hearsSince(),
    });
    if (decision.shrinks) this.#load = noteShrunk(this.#load, look.now);
    this.#input.report(decision, this.#load);
    const there = new Set(seen.map((kernel) => kernel.id));
    const again = [...this.#notTold].filter((id) => there.has(id));
    this.#notTold.clear();
    const actions = [
      ...again.map((kernel): Action => ({ do: "leave", kernel, reason: "perhaps it was not told" })),
      ...decision.actions,
    ];
    for (let i = 0; i < actions.length; i += actionsAtOnce)
      await Promise.all(actions.slice(i, i + actionsAtOnce).map((action) => this.#act(action)));
    return decision.lookAgainAt;
  }

  #noteStarts(kernels: readonly PoolKernel[]): void {
    const now = this.#input.now();
    const states = new Map(kernels.map((kernel) => [kernel.id, kernel.state]));
    const createdAt = new Map(kernels.map((kernel) => [kernel.id, kernel.createdAt]));
    for (const id of this.#starting) {
      const state = states.get(id);
      if (state === "starting") continue;
      this.#starting.delete(id);
      if (state === "idle" || state === "busy") {
        this.#starts = noteWarm(this.#starts);
        const since = createdAt.get(id) ?? now;
        // One that was there before this operator may have been warm for long before it was heard.
        if (since >= this.#load.since) this.#load = noteStart(this.#load, now - since);
      } else if (state === "dead" || state === undefined) this.#starts = noteFailed(this.#starts, now);
    }
    for (const [id, state] of states) if (state === "starting" && !this.#failedAtOnce.has(id)) this.#starting.add(id);
    for (const id of this.#failedAtOnce) if (!states.has(id)) this.#failedAtOnce.delete(id);
  }

  async #act(action: Action): Promise<void> {
    const { kernels, now, acted, mayAct } = this.#input;
    if (mayAct?.() === false) return;
    const id = action.do === "create" ? this.#input.newKernelId() : action.kernel;
    try {
      if (action.do === "create") {
        const { revision } = this.#input.spec();
        this.#expectations.create(id, revision, now());
        this.#starts = noteAsked(this.#starts, now());
        await kernels.create({ id, revision });
      } else if (action.do === "leave") {
        this.#expectations.leave(id, now());
        await kernels.leave(id);
      } else {
        if (this.#starting.delete(id)) this.#starts = noteFailed(this.#starts, now());
        await kernels.destroy(id);
        // Only now: a destruction that failed must be asked for again in the next pass.
        this.#expectations.leave(id, now());
      }
      acted(action, id, undefined);
    } catch (error) {
      if (action.do === "create") {
        this.#starts = noteFailed(this.#starts, now());
        if (error instanceof Refused) this.#expectations.refused(id);
        else this.#failedAtOnce.add(id);
      } else if (action.do === "leave") this.#notTold.add(id);
      acted(action, id, error);
    }
  }
}
