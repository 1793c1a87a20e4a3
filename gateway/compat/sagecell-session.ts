/** The session of a kernel that lasts: opened when first needed, asked and followed as long as its client is there; next: sagecell-moved-controls.ts. */
import { bounds } from "#gateway/compat/sagecell-bounds.ts";
import type { Client, Sessions } from "#gateway/core.ts";
import { Failure } from "#protocol/failures.ts";
import type { TranscriptMessage } from "#protocol/messages.ts";

export type SessionEvents = {
  /** What it said beside its computations, one after the other. */
  said(message: TranscriptMessage): Promise<void>;
  /** It is over, or cannot be followed any more. */
  over(): void;
};

export class KernelSession {
  readonly #sessions: Sessions;
  readonly #client: Client;
  readonly #events: SessionEvents;
  readonly #signal: AbortSignal;
  #id: Promise<string> | undefined;
  #followed = false;
  #read = 0;
  #pulling: Promise<unknown> = Promise.resolve();

  /** `signal`: its client is gone. */
  constructor(sessions: Sessions, of: { client: Client; events: SessionEvents; signal: AbortSignal }) {
    this.#sessions = sessions;
    this.#client = of.client;
    this.#events = of.events;
    this.#signal = of.signal;
  }

  get opened(): boolean {
    return this.#id !== undefined;
  }

  /** A computation's kernel stayed: it is this one. */
  adopt(id: string): void {
    this.#id = Promise.resolve(id);
    this.follow();
  }

  open(): Promise<string> {
    this.#id ??= this.#sessions.open(this.#client).then(({ id }) => id);
    return this.#id;
  }

  /** From the first computation on. */
  follow(): void {
    if (this.#followed) return;
    this.#followed = true;
    void this.#followOn().catch(() => this.#events.over());
  }

  async #followOn(): Promise<void> {
    const id = await this.open();
    while (!this.#signal.aborted) {
      if (await this.pull()) return this.#events.over();
      await this.#sessions.changed(id, this.#read, { waitMs: bounds.pollMs, signal: this.#signal });
    }
  }

  /** Tells all that it has said by now; true: it is closed. */
  pull(): Promise<boolean> {
    const pulled = this.#pulling.then(async () => {
      const id = await this.open();
      for (;;) {
        const { messages, state } = await this.#sessions.read(id, this.#read);
        for (const message of messages) {
          this.#read = message.number;
          await this.#events.said(message);
        }
        if (messages.length === 0) return state === "closed";
      }
    });
    this.#pulling = pulled.catch(() => {});
    return pulled;
  }

  /** The kernel's answer to what is no computation; an error where there is no kernel to ask. */
  async ask(msg_type: string, content: Record<string, unknown>): Promise<Record<string, unknown>> {
    if (!this.#id) return { status: "error", ename: "NotStarted", evalue: "Nothing has run yet.", traceback: [] };
    try {
      const asked = { msg_type, content } as Parameters<Sessions["request"]>[1];
      return (await this.#sessions.request(await this.#id, asked)).content;
    } catch (error) {
      const evalue = error instanceof Failure ? error.message : "The kernel does not answer.";
      return { status: "error", ename: "Failure", evalue, traceback: [] };
    }
  }

  async interrupt(): Promise<void> {
    await this.#sessions.interrupt(await this.open());
  }

  async close(): Promise<void> {
    if (this.#id) await this.#sessions.close(await this.#id);
  }
}
