/** Who asked over a connection that is gone is told so: the client drops what is said in an outage, and no answer will come; next: ledger.ts. */
import type { NatsConnection } from "@nats-io/transport-node";

/** The question may have been heard all the same. */
export class Unanswered extends Error {
  constructor() {
    super("the connection ended before an answer came");
    this.name = "Unanswered";
  }
}

export class Reconnects {
  readonly #asking = new Set<() => void>();
  #connected = true;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(nats: NatsConnection) {
    void this.#follow(nats);
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Milliseconds since there was another connection than before; others may come back a moment later. */
  get ago(): number {
    return Date.now() - this.#lastAt;
  }

  /** Calls `lost` when there is another connection than now. Returns what lets it be forgotten. */
  once(lost: () => void): () => void {
    this.#asking.add(lost);
    return () => void this.#asking.delete(lost);
  }

  /** What `ask` gives; or rejects with Unanswered as soon as there is another connection than the one by which it asked. */
  answer<T>(ask: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const forget = this.once(() => reject(new Unanswered()));
      ask().finally(forget).then(resolve, reject);
    });
  }

  async #follow(nats: NatsConnection): Promise<void> {
    for await (const { type } of nats.status()) {
      if (type === "disconnect") this.#connected = false;
      if (type !== "reconnect") continue;
      this.#connected = true;
      this.#lastAt = Date.now();
      const asking = [...this.#asking];
      this.#asking.clear();
      for (const lost of asking) lost();
    }
  }
}
