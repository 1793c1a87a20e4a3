/** What a session says beside its cells (comms, moved sliders), followed until it is closed; next: jupyter-audience.ts. */
import { setTimeout as pause } from "node:timers/promises";
import { bounds } from "#gateway/compat/jupyter-bounds.ts";
import type { Sessions } from "#gateway/core.ts";
import { Failure } from "#protocol/failures.ts";
import type { TranscriptMessage } from "#protocol/messages.ts";

export type FeedSink = {
  message: (message: TranscriptMessage) => Promise<void>;
  /** Once, when nothing will follow. */
  closed: () => void;
  room: () => Promise<void>;
};

export class Feed {
  readonly #sessions: Sessions;
  readonly #session: string;
  readonly #sink: FeedSink;
  readonly #stopped = new AbortController();
  readonly #waiting = new Set<() => void>();
  #since = 0;

  constructor(sessions: Sessions, session: string, sink: FeedSink) {
    this.#sessions = sessions;
    this.#session = session;
    this.#sink = sink;
  }

  /** `fresh`: nothing was said yet; else what was said before is nobody's here. */
  async follow(options: { fresh: boolean }): Promise<void> {
    const { signal } = this.#stopped;
    let skipping = !options.fresh;
    while (!signal.aborted) {
      try {
        const { messages, state } = await this.#sessions.read(this.#session, this.#since);
        for (const message of messages) {
          if (signal.aborted) return;
          if (!skipping) await this.#sink.message(message);
          this.#since = message.number;
        }
        for (const look of this.#waiting) look();
        if (messages.length > 0) continue;
        skipping = false;
        if (state === "closed") return this.#end();
        await this.#sessions.changed(this.#session, this.#since, { waitMs: bounds.waitMs, signal });
        await this.#sink.room();
      } catch (error) {
        if (error instanceof Failure && error.code === "notFound") return this.#end();
        // The ledger is away: it comes back, or the gateway ends.
        await pause(bounds.retryMs);
      }
    }
  }

  /** Resolves when everything up to this number has been passed on, after `saidMs` at the latest. */
  async upTo(number: number): Promise<void> {
    if (this.#since >= number) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      const look = () => {
        if (this.#since >= number || this.#stopped.signal.aborted) done();
      };
      const timer = setTimeout(done, bounds.saidMs);
      this.#waiting.add(look);
    });
  }

  stop(): void {
    this.#stopped.abort();
    for (const look of [...this.#waiting]) look();
  }

  #end(): void {
    if (this.#stopped.signal.aborted) return;
    this.stop();
    this.#sink.closed();
  }
}
