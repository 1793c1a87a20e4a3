/**
 * Threads that keep files, each all that wait at a time; next: disk.ts. Left to the system's own pool, a file takes a dozen turns
 * of other threads, each of which costs more than what it does; in the main thread a slow disk would hold up everybody.
 */
import { Worker } from "node:worker_threads";
import type { Keep, Kept } from "#filestore/keep.ts";

export type Task = { id: number; keep: Keep };
export type Answer = { id: number; kept: Kept };

/** Most of a file's time is waiting for the disk, which takes several at once. They begin when they are needed. */
const threadsMax = 4;
const limits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 };

export class Keepers {
  readonly #threads = new Set<Thread>();

  /** Through whichever has the least to do. Rejects when its thread ended. */
  keep(keep: Keep): Promise<Kept> {
    let best: Thread | undefined;
    for (const thread of this.#threads) if (!best || thread.load < best.load) best = thread;
    if (!best || (best.load > 0 && this.#threads.size < threadsMax)) best = this.#another();
    return best.keep(keep);
  }

  #another(): Thread {
    const thread = new Thread(() => this.#threads.delete(thread));
    this.#threads.add(thread);
    return thread;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#threads].map((thread) => thread.close()));
  }
}

type Waiting = { resolve: (kept: Kept) => void; reject: (error: Error) => void };

class Thread {
  readonly #worker = new Worker(new URL("./keeper-thread.ts", import.meta.url), { resourceLimits: limits });
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(ended: () => void) {
    this.#worker.on("message", (answers: Answer[]) => {
      for (const { id, kept } of answers) {
        this.#waiting.get(id)?.resolve(kept);
        this.#waiting.delete(id);
      }
      this.#mayExit();
    });
    const end = (error: unknown) => {
      ended();
      for (const { reject } of this.#waiting.values()) reject(error instanceof Error ? error : new Error(String(error)));
      this.#waiting.clear();
    };
    this.#worker.on("error", end).on("exit", () => end(new Error("the thread ended")));
    this.#mayExit();
  }

  get load(): number {
    return this.#waiting.size;
  }

  keep(keep: Keep): Promise<Kept> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, keep } satisfies Task);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  /** Without work it holds nobody up. */
  #mayExit(): void {
    if (this.#waiting.size === 0) this.#worker.unref();
  }
}
