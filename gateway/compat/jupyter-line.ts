/** What waits at one kernel, in order: one after the other, as Jupyter's shell channel has it; next: jupyter-voice.ts. */
import { bounds } from "#gateway/compat/jupyter-bounds.ts";
import type { Incoming } from "#gateway/compat/jupyter-messages.ts";
import type { Outlet } from "#gateway/compat/jupyter-outlet.ts";
import type { Client } from "#gateway/core.ts";

/** A request, who made it and where its answer goes. `size` in bytes, as it came. */
export type Asked = { message: Incoming; outlet: Outlet; client: Client; size: number };

export class Line {
  readonly #serve: (asked: Asked) => Promise<void>;
  #waiting: Asked[] = [];
  #bytes = 0;
  #working = false;

  /** `serve` never rejects. */
  constructor(serve: (asked: Asked) => Promise<void>) {
    this.#serve = serve;
  }

  get busy(): boolean {
    return this.#working;
  }

  /** False when it is full. */
  add(asked: Asked): boolean {
    if (this.#waiting.length >= bounds.lineMax || this.#bytes + asked.size > bounds.lineBytesMax) return false;
    this.#waiting.push(asked);
    this.#bytes += asked.size;
    void this.#work();
    return true;
  }

  /** Takes out those that `which` chooses. */
  remove(which: (asked: Asked) => boolean): Asked[] {
    const removed = this.#waiting.filter(which);
    this.#waiting = this.#waiting.filter((asked) => !which(asked));
    for (const { size } of removed) this.#bytes -= size;
    return removed;
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    for (let asked = this.#waiting.shift(); asked; asked = this.#waiting.shift()) {
      this.#bytes -= asked.size;
      await this.#serve(asked);
    }
    this.#working = false;
  }
}
