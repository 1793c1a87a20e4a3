/** Keys that want a look, each once however often it is told of, one look at a time; next: reconcile.ts (what a look does). */

export type WorkQueueInput = {
  /** Returns when to look again at the latest, in ms from now. */
  work: (key: string) => Promise<number>;
  failed: (key: string, error: unknown) => void;
  /** Joins bursts of changes into one look. */
  pauseMs: number;
  /** The pause after a failure, doubled each time, up to the last. */
  backOffMs: number;
  backOffMaxMs: number;
  /** Keys that may be known at a time; more are refused with an error. */
  keysMax: number;
};

type Entry = { timer: NodeJS.Timeout | undefined; dueAt: number; running: boolean; again: boolean; failures: number };

export class WorkQueue {
  readonly #input: WorkQueueInput;
  readonly #entries = new Map<string, Entry>();
  readonly #running = new Set<Promise<void>>();
  #stopping = false;

  constructor(input: WorkQueueInput) {
    this.#input = input;
  }

  /** Look soon. */
  add(key: string): void {
    if (this.#stopping) return;
    let entry = this.#entries.get(key);
    if (!entry) {
      if (this.#entries.size >= this.#input.keysMax) throw new Error(`more than ${this.#input.keysMax} keys`);
      entry = { timer: undefined, dueAt: Number.POSITIVE_INFINITY, running: false, again: false, failures: 0 };
      this.#entries.set(key, entry);
    }
    if (entry.running) entry.again = true;
    // What has just failed waits its time: a change does not make it right.
    else if (entry.failures === 0) this.#plan(key, entry, this.#input.pauseMs);
  }

  /** No more looks at it. */
  forget(key: string): void {
    clearTimeout(this.#entries.get(key)?.timer);
    this.#entries.delete(key);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const { timer } of this.#entries.values()) clearTimeout(timer);
    await Promise.all(this.#running);
  }

  #plan(key: string, entry: Entry, ms: number): void {
    const dueAt = Date.now() + ms;
    if (entry.dueAt <= dueAt) return;
    clearTimeout(entry.timer);
    entry.dueAt = dueAt;
    entry.timer = setTimeout(() => {
      const looking = this.#look(key, entry).finally(() => this.#running.delete(looking));
      this.#running.add(looking);
    }, ms);
  }

  async #look(key: string, entry: Entry): Promise<void> {
    const { work, failed, pauseMs, backOffMs, backOffMaxMs } = this.#input;
    entry.running = true;
    entry.again = false;
    entry.dueAt = Number.POSITIVE_INFINITY;
    let wait: number;
    try {
      wait = await work(key);
      entry.failures = 0;
    } catch (error) {
      failed(key, error);
      entry.failures += 1;
      wait = Math.min(backOffMaxMs, backOffMs * 2 ** Math.min(entry.failures - 1, 20));
    }
    entry.running = false;
    if (this.#stopping || this.#entries.get(key) !== entry) return;
    this.#plan(key, entry, entry.again && entry.failures === 0 ? pauseMs : Math.max(pauseMs, wait));
  }
}
