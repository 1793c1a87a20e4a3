/** Many kernels over one connection: frames are `<kernel id>/channels,<message>`; next: sagecell-sockjs.ts. */
import { bounds } from "#gateway/compat/sagecell-bounds.ts";
import { type ChannelParts, SagecellChannel } from "#gateway/compat/sagecell-channel.ts";
import { clientMessage, envelope } from "#gateway/compat/sagecell-wire.ts";
import type { Client } from "#gateway/core.ts";

/** What a client sends over its one connection, and what it gets. Closing it ends all its kernels. */
export class SagecellConnection {
  readonly #parts: ChannelParts;
  readonly #client: Client;
  readonly #send: (text: string) => void;
  readonly #channels = new Map<string, SagecellChannel>();

  constructor(parts: ChannelParts, client: Client, send: (text: string) => void) {
    this.#parts = parts;
    this.#client = client;
    this.#send = send;
  }

  hear(frame: string): void {
    const comma = frame.indexOf(",");
    const prefix = frame.slice(0, comma);
    const message = frame.slice(comma + 1);
    if (prefix === "complete") this.#completeAnywhere(message);
    const id = /^([0-9a-f-]{36})\/channels$/.exec(prefix)?.[1];
    if (id === undefined) return;
    this.#channel(id)?.hear(message);
  }

  #channel(id: string): SagecellChannel | undefined {
    const known = this.#channels.get(id);
    if (known && !known.over) return known;
    if (known || this.#channels.size >= bounds.kernelsPerConnectionMax) this.#forgetOver();
    const kernel = this.#parts.kernels.read(id);
    if (!kernel || this.#channels.size >= bounds.kernelsPerConnectionMax) return undefined;
    const send = (text: string) => this.#send(`${id}/channels,${text}`);
    const channel = SagecellChannel.open(this.#parts, { client: this.#client, kernel, send });
    if (channel) this.#channels.set(id, channel);
    return channel;
  }

  #forgetOver(): void {
    for (const [id, channel] of this.#channels) if (channel.over) this.#channels.delete(id);
  }

  /** Completion before anything runs: there is no kernel to ask, and none is taken for it. */
  #completeAnywhere(text: string): void {
    try {
      const { header } = clientMessage.parse(JSON.parse(text));
      const content = { status: "ok", matches: [], matched_text: "", found: false, data: {}, metadata: {} };
      const msg_type = header.msg_type.replace(/_request$/, "_reply");
      this.#send(`complete,${envelope("shell", { msg_type, content }, { parent: header, kernel: "complete" })}`);
    } catch {
      // What is no message has no answer.
    }
  }

  close(): void {
    for (const channel of this.#channels.values()) channel.close();
    this.#channels.clear();
  }
}
