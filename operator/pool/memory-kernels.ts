/** Kernels that exist in memory only, seen late, with calls that may fail: for tests and the simulation; next: decide.test.ts. */
import type { Kernels, ListedKernel } from "#operator/pool/kernels.ts";

type Trouble = {
  now: () => number;
  /** How old the list is, in ms. It never goes back: a list shows at least what the one before it showed. */
  lagMs?: () => number;
  /** What happens to a call: done, refused before it had effect, or done with its answer lost. */
  fate?: () => "done" | "refused" | "answerLost";
};

export class MemoryKernels implements Kernels {
  readonly #trouble: Trouble;
  readonly #history: { at: number; kernels: ListedKernel[] }[] = [{ at: 0, kernels: [] }];
  readonly #watchers = new Set<() => void>();
  #shownAt = 0;
  calls = { create: 0, leave: 0, destroy: 0 };

  constructor(trouble: Trouble) {
    this.#trouble = trouble;
  }

  /** How the world is now. */
  actual(): readonly ListedKernel[] {
    return this.#history.at(-1)?.kernels ?? [];
  }

  /** An operator that starts anew lists afresh, as it was at that moment. */
  relisted(): void {
    this.#shownAt = this.#trouble.now();
  }

  /** The world changes by itself: a kernel dies, exits, is removed. */
  change(edit: (kernels: ListedKernel[]) => ListedKernel[]): void {
    this.#history.push({ at: this.#trouble.now(), kernels: edit(this.actual().map((kernel) => ({ ...kernel }))) });
    while (this.#history.length > 512) this.#history.shift();
    for (const look of this.#watchers) look();
  }

  async list(): Promise<readonly ListedKernel[]> {
    this.#shownAt = Math.max(this.#shownAt, this.#trouble.now() - (this.#trouble.lagMs?.() ?? 0));
    const seen = this.#history.findLast((entry) => entry.at <= this.#shownAt) ?? this.#history[0];
    return (seen?.kernels ?? []).map((kernel) => ({ ...kernel }));
  }

  async create({ id, revision }: { id: string; revision: string }): Promise<void> {
    this.calls.create += 1;
    const now = this.#trouble.now();
    await this.#done(() => this.change((all) => [...all, { id, revision, createdAt: now, phase: "running", since: now }]));
  }

  async leave(id: string): Promise<void> {
    this.calls.leave += 1;
    const since = this.#trouble.now();
    const left = (k: ListedKernel): ListedKernel =>
      k.id === id && k.phase === "running" ? { ...k, phase: "leaving", since } : k;
    await this.#done(() => this.change((all) => all.map(left)));
  }

  async destroy(id: string): Promise<void> {
    this.calls.destroy += 1;
    await this.#done(() => this.change((all) => all.filter((kernel) => kernel.id !== id)));
  }

  watch(look: () => void): () => void {
    this.#watchers.add(look);
    return () => this.#watchers.delete(look);
  }

  async #done(effect: () => void): Promise<void> {
    const fate = this.#trouble.fate?.() ?? "done";
    if (fate === "refused") throw new Error("refused");
    effect();
    if (fate === "answerLost") throw new Error("the answer was lost");
  }
}
