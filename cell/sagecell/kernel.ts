/** A kernel of the server as pages use it: code in, Jupyter's messages out to who sent it; next: session.ts. */
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
/** Computations that one page may have the server remember answers for. */
const callbacksMax = 1000;

export class PageKernel {
  id = "";
  /** `<server>/kernel/<id>`: its files are below. */
  kernel_url = "";
  opened = false;
  over = false;
  readonly #events = new Set<KernelEvents>();
  readonly #callbacks = new Map<string, Callbacks>();
  #socket: WebSocket | undefined;
  #unsent: string[] = [];

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
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
    else this.#unsent.push(text);
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
    const socket = new WebSocket(`${ws_url}kernel/${this.id}/channels`);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.opened = true;
      for (const text of this.#unsent) socket.send(text);
      this.#unsent = [];
    });
    socket.addEventListener("message", ({ data }) => this.#hear(JSON.parse(String(data)) as Message));
    socket.addEventListener("close", () => this.#end("The connection to the server was lost."));
  }

  #hear(message: Message): void {
    const { msg_type } = message.header;
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
    this.#socket?.close();
    for (const events of this.#events) events.dead(words);
    this.#events.clear();
  }
}
