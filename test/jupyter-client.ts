/** A Jupyter client that shows all it hears, for tests of the gateway's Jupyter interface; next: memory-core.ts. */
import { randomUUID } from "node:crypto";
import WebSocket from "ws";
import { decode, encode, type Message, v1Protocol } from "#gateway/compat/jupyter-wire.ts";

type Asked = { msg_type: string; content?: Record<string, unknown>; channel?: Message["channel"]; buffers?: Uint8Array[] };

export class JupyterClient {
  readonly heard: Message[] = [];
  readonly socket: WebSocket;
  readonly #format: "default" | "v1";
  readonly #wake = new Set<() => void>();

  private constructor(socket: WebSocket, format: "default" | "v1") {
    this.socket = socket;
    this.#format = format;
    socket.on("message", (data: Buffer, isBinary) => {
      this.heard.push(decode(data, { format, isBinary, partsMax: 300 }) as Message);
      for (const wake of this.#wake) wake();
    });
  }

  /** `url` as http. */
  static async connect(
    url: string,
    kernel: string,
    of: { sessionId?: string; v1?: boolean; token?: string } = {},
  ): Promise<JupyterClient> {
    const query = new URLSearchParams({
      ...(of.sessionId === undefined ? {} : { session_id: of.sessionId }),
      ...(of.token === undefined ? {} : { token: of.token }),
    });
    const protocols = of.v1 ? [v1Protocol] : [];
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/api/kernels/${kernel}/channels?${query}`, protocols);
    const client = new JupyterClient(socket, of.v1 ? "v1" : "default");
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    return client;
  }

  /** Returns the message's id. */
  send({ msg_type, content = {}, channel = "shell", buffers = [] }: Asked): string {
    const header = {
      msg_id: randomUUID(),
      msg_type,
      session: "c",
      username: "u",
      version: "5.3",
      date: new Date().toISOString(),
    };
    const message = { channel, header, parent_header: {}, metadata: {}, content, buffers };
    this.socket.send(encode(message, this.#format));
    return header.msg_id;
  }

  /** Sends, and resolves with all that answers it when both its reply (where it has one) and the idle state have come. */
  async ask(asked: Asked): Promise<Message[]> {
    const id = this.send(asked);
    return this.answers(id, !/^comm_/.test(asked.msg_type) || asked.msg_type === "comm_info_request");
  }

  async answers(id: string, withReply = true): Promise<Message[]> {
    const ofIt = () => this.heard.filter(({ parent_header }) => parent_header["msg_id"] === id);
    await this.until(
      () =>
        ofIt().some(({ content }) => content["execution_state"] === "idle") &&
        (!withReply || ofIt().some(({ header }) => /_reply$/.test(header.msg_type))),
      `an answer to ${id}`,
    );
    return ofIt();
  }

  execute(code: string, more: Record<string, unknown> = {}): Promise<Message[]> {
    return this.ask({ msg_type: "execute_request", content: { code, ...more } });
  }

  /** Waits for a condition on what was heard, 20 s at most. */
  async until(condition: () => boolean, what: string): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve, reject) => {
      const end = (how: () => void) => {
        clearTimeout(timer);
        this.#wake.delete(look);
        how();
      };
      const look = () => {
        if (condition()) end(resolve);
      };
      const told = () => this.heard.map(({ header, content }) => `${header.msg_type} ${JSON.stringify(content)}`.slice(0, 150));
      const timer = setTimeout(() => end(() => reject(new Error(`never: ${what}; heard ${told().join("\n")}`))), 20_000);
      this.#wake.add(look);
    });
  }
}

/** `msg_type`, or for states `busy` and `idle`. */
export const kinds = (messages: readonly Message[]): string[] =>
  messages.map(({ header, content }) => (header.msg_type === "status" ? String(content["execution_state"]) : header.msg_type));
export const replyOf = (messages: readonly Message[]): Record<string, unknown> | undefined =>
  messages.find(({ header }) => /_reply$/.test(header.msg_type))?.content;
