/**
 * What was asked for and is not seen yet: without it a lagging list makes a pool create the same kernel twice; next: refill.ts.
 * An expectation ends when the list shows it, or after a limit: whatever has not shown by then will not.
 */
import type { PoolKernel } from "#operator/pool/kernels.ts";

type Created = { revision: string; at: number };

export class Expectations {
  readonly #created = new Map<string, Created>();
  readonly #leaving = new Map<string, number>();
  readonly #limitMs: number;

  /** `limitMs` must be longer than any list lags. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** Noted before asking, so that an answer that never comes is counted too. */
  create(id: string, revision: string, now: number): void {
    this.#created.set(id, { revision, at: now });
  }

  /** It will not show: whoever was asked said so. */
  refused(id: string): void {
    this.#created.delete(id);
  }

  /** Asked again, it counts from the last time: a kernel that was never told must not be punished for staying. */
  leave(id: string, now: number): void {
    this.#leaving.set(id, now);
  }

  /** The listed kernels as they must be by now. */
  correct(kernels: readonly PoolKernel[], now: number): PoolKernel[] {
    const listed = new Set(kernels.map((kernel) => kernel.id));
    for (const [id, created] of this.#created) if (listed.has(id) || now - created.at > this.#limitMs) this.#created.delete(id);
    // Kept while the list still shows the kernel: it may go on saying "idle" until it is gone.
    for (const [id, at] of this.#leaving) if (!listed.has(id) && now - at > this.#limitMs) this.#leaving.delete(id);
    const corrected = kernels.map((kernel): PoolKernel => {
      const at = this.#leaving.get(kernel.id);
      if (at === undefined || kernel.state === "dead") return kernel;
      return { ...kernel, state: "leaving", since: at, freeSlots: 0 };
    });
    for (const [id, created] of this.#created) corrected.push(notSeenYet(id, created, this.#leaving.get(id)));
    return corrected;
  }
}

const notSeenYet = (id: string, created: Created, leavingAt: number | undefined): PoolKernel => ({
  id,
  revision: created.revision,
  createdAt: created.at,
  state: leavingAt === undefined ? "starting" : "leaving",
  since: leavingAt ?? created.at,
  freeSlots: 0,
  served: 0,
  session: false,
  heardAt: null,
});
