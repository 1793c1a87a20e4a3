/** A client of SageMathCell's, written from what such clients send and expect; next: npm-client.ts. */
import { once } from "node:events";
import { WebSocket } from "ws";
import { npmClient } from "#test/npm-client.ts";

export type Wire = {
  channel: string;
  header: { msg_type: string; msg_id: string };
  parent_header: { msg_id?: string };
  msg_type?: string;
  content: Record<string, unknown>;
  metadata: Record<string, unknown>;
};
export type Line = { send(text: string): void; close(): void };
type SockJs = Line & { onopen: () => void; onmessage: (event: { data: string }) => void; onclose: () => void };
type SockJsMaker = new (url: string, protocols: null, options: { transports?: string[] }) => SockJs;

const waitMsMax = 20_000;

/** What came, and waiting for more of it. */
export class Heard {
  readonly all: Wire[] = [];
  #wake = () => {};

  take(text: string): void {
    this.all.push(JSON.parse(text) as Wire);
    this.#wake();
  }

  /** The first message that fits, now or later. */
  async first(fits: (message: Wire) => boolean, what = "a message"): Promise<Wire> {
    for (const giveUp = Date.now() + waitMsMax; ; ) {
      const found = this.all.find(fits);
      if (found) return found;
      const left = giveUp - Date.now();
      if (left <= 0) throw new Error(`${what} never came; what came: ${JSON.stringify(this.all).slice(0, 3000)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
  of(msg_type: string): Wire[] {
    return this.all.filter(({ header }) => header.msg_type === msg_type);
  }
  get text(): string {
    return this.of("stream")
      .map(({ content }) => content["text"])
      .join("");
  }
  dead = () => this.first((message) => message.content["execution_state"] === "dead", "the kernel's end");
  reply = (to = "execute_reply") => this.first(({ header }) => header.msg_type === to, to);
}

export const startKernel = async (url: string, timeout: "0" | "inf" = "0"): Promise<{ id: string; ws_url: string }> => {
  const session = "0123456789abcdef0123456789abcdef";
  const path = `/kernel?CellSessionID=${session}&timeout=${timeout}&accepted_tos=true`;
  const response = await fetch(url + path, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
  return (await response.json()) as { id: string; ws_url: string };
};

let count = 0;
/** As little as clients send: no date, no version, no channel. */
export const message = (msg_type: string, content: Record<string, unknown>): string =>
  JSON.stringify({
    header: { msg_id: `m${++count}`, username: "", session: "s", msg_type },
    content,
    parent_header: {},
    metadata: {},
  });
export const execute = (code: string, more: Record<string, unknown> = {}): string =>
  message("execute_request", {
    code,
    silent: false,
    store_history: false,
    allow_stdin: false,
    user_expressions: { _sagecell_files: "sys._sage_.new_files()" },
    ...more,
  });

/** One kernel over its own WebSocket. */
export async function overWebSocket(
  url: string,
  timeout: "0" | "inf" = "0",
): Promise<{ id: string; line: Line; heard: Heard }> {
  const { id, ws_url } = await startKernel(url, timeout);
  const line = new WebSocket(`${ws_url}kernel/${id}/channels?session_id=1`);
  const heard = new Heard();
  line.on("message", (data: Buffer) => heard.take(data.toString()));
  await once(line, "open");
  return { id, line, heard };
}

/** Many kernels over one connection, by the library that browsers use. */
export async function overSockJs(
  url: string,
  transport?: string,
): Promise<{ line: Line; kernel(id: string): { line: Line; heard: Heard } }> {
  const SockJS = await npmClient<SockJsMaker>("sockjs-client", "1.6.1");
  const options = transport === undefined ? {} : { transports: [transport] };
  const line = new SockJS(`${url}/sockjs?CellSessionID=0123456789abcdef0123456789abcdef`, null, options);
  const heards = new Map<string, Heard>();
  line.onmessage = ({ data }) => heards.get(data.slice(0, 36))?.take(data.substring(46));
  await new Promise<void>((resolve, reject) => {
    line.onopen = resolve;
    line.onclose = () => reject(new Error("closed before it opened"));
  });
  return {
    line,
    kernel(id) {
      const heard = new Heard();
      heards.set(id, heard);
      return { heard, line: { send: (text) => line.send(`${id}/channels,${text}`), close: () => {} } };
    },
  };
}
