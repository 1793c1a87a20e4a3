/**
 * What there is of one kind, listed and then watched, for as long as the process lives; next: lease.ts.
 *
 *     list ──▶ watch ──closed, quiet──▶ watch (from the last version seen)
 *      ▲         └──410, an error, every ten minutes──┐
 *      └────────── pause, longer after each failure ──┘
 */
import { type KubeConfig, Watch } from "@kubernetes/client-node";
import type { Log } from "#service/log.ts";

type Page = { metadata?: { resourceVersion?: string; _continue?: string; continue?: string }; items: unknown[] };
export type InformerInput<T extends { id: string }> = {
  config: KubeConfig;
  /** The path of the collection, for the watch. */
  path: string;
  labelSelector?: string;
  list: (page: { limit: number; _continue?: string; labelSelector?: string }) => Promise<Page>;
  /** Dates may come as text. undefined: nothing that counts. */
  read: (object: unknown) => T | undefined;
  /** Told that something is new, other or gone; it only notes that. */
  changed: (value: T) => void;
  /** Told of every list, for the metrics. */
  listed: () => void;
  log: Log;
};

const limits = { page: 500, relistMs: 600_000, watchSeconds: 240, pauseMs: 500, pauseMsMax: 30_000 };

export class Informer<T extends { id: string }> {
  readonly #input: InformerInput<T>;
  #known = new Map<string, T>();
  #version = "";
  #synced = false;
  #stopping = false;
  #wake: () => void = () => {};
  #abort: AbortController | undefined;
  #done: Promise<void> | undefined;

  constructor(input: InformerInput<T>) {
    this.#input = input;
  }

  /** Has it been listed at least once? */
  get synced(): boolean {
    return this.#synced;
  }
  get(id: string): T | undefined {
    return this.#known.get(id);
  }
  values(): T[] {
    return [...this.#known.values()];
  }

  start(): void {
    this.#done ??= this.#run();
  }
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake();
    this.#abort?.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#stopping; ) {
      try {
        await this.#relist();
        failures = 0;
        const relistAt = Date.now() + limits.relistMs;
        while (!this.#stopping && Date.now() < relistAt) {
          const begun = Date.now();
          await this.#watch();
          if (Date.now() - begun < limits.pauseMs) await this.#pause(limits.pauseMs);
        }
      } catch (error) {
        if (this.#stopping) return;
        failures += 1;
        this.#input.log.warn(
          { path: this.#input.path, error: error instanceof Error ? error.name : String(error) },
          "listed anew",
        );
        const pause = Math.min(limits.pauseMsMax, limits.pauseMs * 2 ** Math.min(failures - 1, 10));
        await this.#pause(pause * (0.75 + Math.random() / 2));
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#stopping) this.#wake();
    });
  }

  async #relist(): Promise<void> {
    const { list, labelSelector, read, changed, listed } = this.#input;
    const found = new Map<string, T>();
    let version = "";
    for (let _continue: string | undefined, first = true; first || _continue; first = false) {
      const page = await list({
        limit: limits.page,
        ...(labelSelector ? { labelSelector } : {}),
        ...(_continue ? { _continue } : {}),
      });
      for (const value of page.items.map(read)) if (value) found.set(value.id, value);
      version = page.metadata?.resourceVersion ?? version;
      _continue = page.metadata?._continue ?? page.metadata?.continue;
    }
    listed();
    const gone = [...this.#known.values()].filter(({ id }) => !found.has(id));
    this.#known = found;
    this.#version = version;
    this.#synced = true;
    for (const value of [...gone, ...found.values()]) changed(value);
  }

  /** Resolves when the server or the silence ended it; rejects when what was seen is too old, or something failed. */
  async #watch(): Promise<void> {
    const { config, path, labelSelector } = this.#input;
    const query = {
      allowWatchBookmarks: true,
      timeoutSeconds: limits.watchSeconds,
      resourceVersion: this.#version,
      ...(labelSelector ? { labelSelector } : {}),
    };
    await new Promise<void>((resolve, reject) => {
      const heard = (type: string, object: unknown) => {
        try {
          if (type === "ERROR") throw new Error(`the watch broke off: ${(object as { code?: number }).code}`);
          this.#take(type, object);
        } catch (error) {
          // The client would swallow it.
          reject(error);
        }
      };
      const ended = (error: unknown) => {
        // The client gives up a watch on which nothing happens for half a minute; so it goes on from where it was.
        if (!error || this.#stopping || (error as Error).name === "TimeoutError") resolve();
        else reject(error);
      };
      new Watch(config).watch(path, query, heard, ended).then((abort) => {
        this.#abort = abort;
        if (this.#stopping) abort.abort();
      }, reject);
    });
  }

  #take(type: string, object: unknown): void {
    this.#version = (object as { metadata?: { resourceVersion?: string } }).metadata?.resourceVersion ?? this.#version;
    const value = type === "BOOKMARK" ? undefined : this.#input.read(object);
    if (!value) return;
    if (type === "DELETED") this.#known.delete(value.id);
    else this.#known.set(value.id, value);
    this.#input.changed(value);
  }
}
