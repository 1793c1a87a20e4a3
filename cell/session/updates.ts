/** What readers do to widgets, on its way to the kernel: one message at a time, and of a moved slider only where it is now; next: session.ts. */
import type { WidgetState } from "../widgets/models.ts";

/** Presses that wait while one is at work. */
const pressesMax = 8;

export type Update =
  | { readonly id: string; readonly kind: "state"; readonly state: WidgetState }
  | { readonly id: string; readonly kind: "event"; readonly content: WidgetState };

export class Updates {
  readonly #send: (update: Update) => Promise<void>;
  readonly #waiting: Update[] = [];
  #inFlight: Update | undefined;

  /** `send` never rejects: what goes wrong is told where it is known. */
  constructor(send: (update: Update) => Promise<void>) {
    this.#send = send;
  }

  get busy(): boolean {
    return this.#inFlight !== undefined;
  }

  /** The reader's value is on its way, so an older one of the kernel's does not count. */
  isNewer(id: string, key: string): boolean {
    return this.#waiting.some((update) => update.kind === "state" && update.id === id && key in update.state);
  }

  change(id: string, state: WidgetState): void {
    const at = this.#waiting.findIndex((update) => update.kind === "state" && update.id === id);
    const before = this.#waiting[at];
    if (before?.kind === "state") this.#waiting[at] = { ...before, state: { ...before.state, ...state } };
    else this.#waiting.push({ id, kind: "state", state });
    void this.#flush();
  }

  press(id: string, content: WidgetState): void {
    if (this.#waiting.filter(({ kind }) => kind === "event").length >= pressesMax) return;
    this.#waiting.push({ id, kind: "event", content });
    void this.#flush();
  }

  async #flush(): Promise<void> {
    if (this.#inFlight) return;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      this.#inFlight = next;
      await this.#send(next);
    }
    this.#inFlight = undefined;
  }
}
