/** Who waits for news of a computation is woken here; next: book.ts. */

export class Changes {
  readonly #waiting = new Map<string, Set<() => void>>();

  notify(id: string): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    wakeInTurns([...waiting]);
  }

  notifyAll(): void {
    for (const id of [...this.#waiting.keys()]) this.notify(id);
  }

  /** Resolves at the next news of `id`, after `ms`, or when `signal` aborts; never rejects. Look first, then wait. */
  wait(id: string, options: { ms: number; signal?: AbortSignal }): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        options.signal?.removeEventListener("abort", done);
        const waiting = this.#waiting.get(id);
        waiting?.delete(done);
        if (waiting?.size === 0) this.#waiting.delete(id);
        resolve();
      };
      const timer = setTimeout(done, options.ms);
      if (options.signal?.aborted) return done();
      options.signal?.addEventListener("abort", done);
      const waiting = this.#waiting.get(id) ?? new Set();
      waiting.add(done);
      this.#waiting.set(id, waiting);
    });
  }
}

/** Each one woken reads and writes: a thousand at once would hold up everybody who asks for something else. */
const wokenAtOnce = 8;

function wakeInTurns(waiting: readonly (() => void)[]): void {
  for (const wake of waiting.slice(0, wokenAtOnce)) wake();
  if (waiting.length > wokenAtOnce) setImmediate(() => wakeInTurns(waiting.slice(wokenAtOnce)));
}
