/** A kernel of the server as pages use it: code in, Jupyter's messages out to who sent it; next: session.ts. */
import type { Interact } from "./interact.ts";
import { recordOf, serverRoot } from "./page.ts";

export interface Message {
  readonly header: { readonly msg_type: string; readonly msg_id: string };
  readonly msg_type: string;
  readonly parent_header: { readonly msg_id?: string };
  readonly content: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}
export interface Callbacks {
  readonly iopub?: { readonly output?: (message: Message) => void };
  readonly shell?: { readonly reply?: (message: Message) => void };
}
/** What every session of a kernel hears, whoever asked. */
export interface KernelEvents {
  busy(): void;
  idle(): void;
  /** `words`: for the reader, when it never came to life. */
  dead(words: string | undefined): void;
}

const hex = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const pageId = hex(16);
/** From a broken connection until it is given up. */
const tryAgainMs = [0, 500, 1000, 2000, 4000, 8000, 8000, 8000, 8000];
/** Computations that one page may have the server remember answers for. */
const callbacksMax = 1000;

export class PageKernel {
  id = "";
  /** `<server>/kernel/<id>`: its files are below. */
  kernel_url = "";
  opened = false;
  over = false;
  /** By id: code of one cell may move another's. */
  readonly interacts = new Map<string, Interact>();
  readonly #events = new Set<KernelEvents>();
  readonly #callbacks = new Map<string, Callbacks>();
  #socket: WebSocket | undefined;
  #address = "";
  /** Messages of the kernel that came, whatever became of them. */
  #heard = 0;
  #tried = 0;
  /** What got no answer yet: it may never have arrived. */
  readonly #unanswered = new Map<string, string>();

  /** `lasting`: it stays for more code. */
  constructor(lasting: boolean) {
    void this.#start(lasting).catch((error: Error) => this.#end(error.message));
  }

  on(events: KernelEvents): () => void {
    this.#events.add(events);
    return () => void this.#events.delete(events);
  }

  /** Answers the request's id. */
  execute(code: string, callbacks: Callbacks = {}, options: Readonly<Record<string, unknown>> = {}): string {
    const content = { code, silent: false, store_history: false, allow_stdin: false, user_expressions: {}, ...options };
    return this.send_shell_message("execute_request", content, callbacks);
  }

  send_shell_message(msg_type: string, content: Readonly<Record<string, unknown>>, callbacks: Callbacks = {}): string {
    const msg_id = hex(16);
    const header = { msg_id, username: "", session: pageId, msg_type, version: "5.4" };
    if (this.#callbacks.size >= callbacksMax) this.#callbacks.delete(this.#callbacks.keys().next().value as string);
    this.#callbacks.set(msg_id, callbacks);
    const text = JSON.stringify({ channel: "shell", header, parent_header: {}, metadata: {}, content });
    this.#unanswered.set(msg_id, text);
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
    return msg_id;
  }

  is_connected(): boolean {
    return this.opened && !this.over;
  }

  interrupt(): void {
    this.send_shell_message("interrupt_request", {});
  }

  kill(): void {
    if (this.id !== "" && !this.over)
      void fetch(this.kernel_url, { method: "DELETE", credentials: "omit", keepalive: true }).catch(() => {});
    this.#end(undefined);
  }

  async #start(lasting: boolean): Promise<void> {
    const query = new URLSearchParams({ CellSessionID: pageId, timeout: lasting ? "inf" : "0", accepted_tos: "true" });
    const answer = await fetch(`${serverRoot()}kernel`, { method: "POST", body: query, credentials: "omit" }).catch(() => {
      throw new Error("The server is not reachable.");
    });
    const { id, ws_url, detail, title } = recordOf(await answer.json().catch(() => ({})));
    if (!answer.ok) throw new Error(String(detail ?? title ?? `The server answered ${answer.status}.`));
    if (this.over) return;
    this.id = String(id);
    this.kernel_url = `${serverRoot()}kernel/${this.id}`;
    this.#address = `${ws_url}kernel/${this.id}/channels`;
    this.#connect();
  }

  /** Again after it broke: the server goes on behind the last message that came. */
  #connect(): void {
    if (this.over) return;
    const socket = new WebSocket(`${this.#address}?resume=${this.#heard}`);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.opened = true;
      for (const text of this.#unanswered.values()) socket.send(text);
    });
    socket.addEventListener("message", ({ data }) => {
      this.#heard++;
      this.#tried = 0;
      this.#hear(JSON.parse(String(data)) as Message);
    });
    socket.addEventListener("close", ({ code }) => {
      const pause = tryAgainMs[this.#tried++];
      // 1000: the server does not know this kernel any more.
      if (pause === undefined || code === 1000) this.#end("The connection to the server was lost.");
      else setTimeout(() => this.#connect(), pause);
    });
  }

  #hear(message: Message): void {
    const { msg_type } = message.header;
    this.#unanswered.delete(message.parent_header.msg_id ?? "");
    const state = message.content.execution_state;
    if (msg_type === "status") {
      if (state === "dead") this.#end(undefined);
      for (const events of this.#events) if (state === "busy" || state === "idle") events[state]();
      return;
    }
    const callbacks = this.#callbacks.get(message.parent_header.msg_id ?? "");
    if (msg_type.endsWith("_reply")) callbacks?.shell?.reply?.(message);
    else if (msg_type !== "execute_input") callbacks?.iopub?.output?.(message);
  }

  #end(words: string | undefined): void {
    if (this.over) return;
    this.over = true;
    this.#socket?.close(1000);
    for (const events of this.#events) events.dead(words);
    this.#events.clear();
  }
}
