/** The transcripts that the ledger does not yet have to their ends, by the id they are about; next: desk.ts. */
import { bounds } from "#agent/bounds.ts";
import { type Outlet, Transcript } from "#agent/transcript.ts";

export class Transcripts {
  readonly #open = new Map<string, Transcript>();
  readonly #outlet: (id: string) => Outlet;

  constructor(outlet: (id: string) => Outlet) {
    this.#outlet = outlet;
  }

  /** The open one of `id`, or a new one. */
  of(id: string, session: string | undefined): Transcript {
    const open = this.#open.get(id);
    if (open) return open;
    const transcript = new Transcript({ id, session, outlet: this.#outlet(id), now: Date.now, soon: queueMicrotask });
    this.#open.set(id, transcript);
    return transcript;
  }

  /** Waits until the ledger has all of it, then forgets it. False: it did not take it in time. */
  async close(id: string): Promise<boolean> {
    const has = await this.#delivered(this.#open.get(id));
    this.#open.delete(id);
    return has;
  }

  async closeAll(): Promise<boolean> {
    const closed = await Promise.all([...this.#open.keys()].map((id) => this.close(id)));
    return closed.every(Boolean);
  }

  async #delivered(transcript: Transcript | undefined): Promise<boolean> {
    if (!transcript) return true;
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve(false), bounds.deliveryMs);
      void transcript.delivered().then(() => {
        clearTimeout(late);
        resolve(true);
      });
    });
  }

  acknowledged(id: string, number: number): void {
    this.#open.get(id)?.acknowledged(number);
  }

  reconnected(): void {
    for (const transcript of this.#open.values()) transcript.reconnected();
  }

  /** To be called every `tickMs`. */
  tick(): void {
    for (const transcript of this.#open.values()) transcript.tick();
  }
}
