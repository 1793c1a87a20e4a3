/** Keeps the day in the database as its minutes go by, and brings it back at the start; whoever counts waits for neither; next: metrics.ts. */
import type { Minutes } from "#database/minutes.ts";
import type { Lately } from "#gateway/lately.ts";
import type { Log } from "#service/log.ts";

export type DayKeeperParts = { lately: Lately; minutes: Minutes; log: Log; now: () => number };

const againMs = 60_000;

export class DayKeeper {
  readonly #parts: DayKeeperParts;
  #restored = false;
  #notBefore = 0;
  #running: Promise<void> | undefined;

  constructor(parts: DayKeeperParts) {
    this.#parts = parts;
  }

  /** Once a second: begins what is to be done, if anything is, and a minute after it failed tries again. */
  look(): void {
    const { lately, now, log } = this.#parts;
    if (this.#running || now() < this.#notBefore || (this.#restored && lately.due(now()).length === 0)) return;
    this.#running = this.#pass(false)
      .catch((error: unknown) => {
        this.#notBefore = now() + againMs;
        log.warn({ error }, "the day's minutes are neither read nor stored; tried again in a minute");
      })
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** Stores what there is of this minute, too: the next gateway goes on with it. A database that was away just now is not waited for. */
  async stop(): Promise<void> {
    const { log, now } = this.#parts;
    await this.#running;
    if (now() < this.#notBefore) return;
    await this.#pass(true).catch((error: unknown) => log.warn({ error }, "the day's last minutes are not stored"));
  }

  async #pass(leaving: boolean): Promise<void> {
    const { lately, minutes, now } = this.#parts;
    if (!this.#restored) lately.restore(await minutes.lastDay());
    this.#restored = true;
    const due = lately.due(now(), leaving);
    if (due.length > 0) await minutes.put(due);
    lately.stored(due);
  }
}
