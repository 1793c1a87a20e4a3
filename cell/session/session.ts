/** A kernel that this page keeps for linked cells and interacts, from its opening to its end; next: updates.ts, seat.ts (who uses it). */
import type { Outcome } from "#protocol/computation.ts";
import type { TranscriptMessage } from "#protocol/messages.ts";
import { pause, type Server, type ServerState, type Submission } from "../connection.ts";
import { textOf } from "../output/content.ts";
import { Refusal } from "../refusal.ts";
import { withoutBuffers } from "../widgets/buffers.ts";
import { type CommMessage, WidgetModels, type WidgetState } from "../widgets/models.ts";
import { type Update, Updates } from "./updates.ts";

/** A browser allows few connections: a session is listened to only so long after something happened in it. */
const listenMs = 20_000;
const pollSecondsMax = 20;
const triesMax = 6;
const pauseMs = 500;

export interface Submitted {
  readonly id: string;
  readonly state: ServerState;
}

export class Session {
  readonly models = new WidgetModels((id, key) => this.#updates.isNewer(id, key));
  /** Nothing can be asked of it any more: it was closed, or its kernel is gone. */
  over = false;
  /** When the kernel was given the update that it works at; undefined while it works at none. */
  busySince: number | undefined;
  /** Why the last update brought nothing, in words; undefined while there is nothing to tell. */
  trouble: string | undefined;
  readonly #server: Server;
  readonly #changes = new EventTarget();
  readonly #updates = new Updates((update) => this.#send(update));
  readonly #closed = new AbortController();
  #id: Promise<string> | undefined;
  /** The computation that may leave this session behind, while nobody knows yet whether it does. */
  #awaited: { readonly computation: string; readonly stays: (id: string) => void } | undefined;
  #started = false;
  /** Its computations that are not over, as they were submitted. */
  #unfinished: readonly string[] = [];
  #order: Promise<unknown> = Promise.resolve();
  #said: (messages: readonly TranscriptMessage[]) => void = () => {};
  #listenUntil = 0;
  #listening = false;
  #last = 0;

  constructor(server: Server) {
    this.#server = server;
  }

  /** What readers do to its widgets meanwhile waits for the computation's end, and is lost if no session comes of it. */
  static after(server: Server, computation: string, said: (messages: readonly TranscriptMessage[]) => void): Session {
    const session = new Session(server);
    session.#said = said;
    session.#id = new Promise((stays) => {
      session.#awaited = { computation, stays };
    });
    return session;
  }

  /** Its computation is not over: closing it cancels that. */
  get awaited(): boolean {
    return this.#awaited !== undefined;
  }

  /** Something has run: completion and help have a kernel to ask. */
  get started(): boolean {
    return this.#started && !this.over;
  }

  /** Ends with it. */
  get lasting(): AbortSignal {
    return this.#closed.signal;
  }

  /** Calls back when `busySince` or `over` changed. */
  on(listener: () => void, signal: AbortSignal): void {
    this.#changes.addEventListener("change", listener, { signal });
  }

  /** One submission after the other, so that they run in the order of the calls. Throws Refusal or Away. */
  submit(
    submission: Submission,
    signal: AbortSignal,
    said: (messages: readonly TranscriptMessage[]) => void,
  ): Promise<Submitted> {
    const turn = this.#order.then(async () => {
      const submitted = await this.#server.submit({ ...submission, sessionId: await this.#open() }, signal);
      // What the session says by itself belongs to the cell that ran last.
      this.#said = said;
      this.#started = true;
      this.#unfinished = [...this.#unfinished, submitted.id];
      return submitted;
    });
    this.#order = turn.catch((error) => this.#endedBy(error));
    return turn;
  }

  /** Does this computation wait for another one of the session? */
  isBehind(id: string): boolean {
    return this.#unfinished.indexOf(id) > 0;
  }

  /** `outcome`: undefined where nobody waited for it. */
  finished(id: string, outcome: Outcome | undefined): void {
    this.#unfinished = this.#unfinished.filter((one) => one !== id);
    if (this.#awaited?.computation !== id || !outcome) return;
    const { stays } = this.#awaited;
    this.#awaited = undefined;
    if (outcome.sessionId === undefined) this.#end();
    else {
      this.#started = true;
      stays(outcome.sessionId);
    }
  }

  /** The comm messages of one of its computations. */
  heard(messages: readonly CommMessage[]): void {
    for (const message of messages) this.models.apply(message);
  }

  /** The kernel's answer to a question that is no computation; undefined if there is none. */
  async request(
    msg_type: "complete_request" | "inspect_request",
    content: WidgetState,
    signal: AbortSignal,
  ): Promise<WidgetState | undefined> {
    if (!this.started) return undefined;
    return this.#ask({ msg_type, content }, signal).catch(() => undefined);
  }

  change(id: string, state: WidgetState): void {
    this.models.change(id, state);
    this.#updates.change(id, state);
  }

  press(id: string, content: WidgetState): void {
    this.#updates.press(id, content);
  }

  async interrupt(): Promise<void> {
    if (this.#awaited) return this.#server.cancel(this.#awaited.computation);
    const id = await this.#id;
    if (id !== undefined && !this.over) await this.#server.ask("POST", `/v1/sessions/${id}/interrupt`);
  }

  close(): void {
    if (this.over) return;
    const [opened, awaited] = [this.#id, this.#awaited];
    this.#awaited = undefined;
    this.#end();
    const closed = awaited ? this.#giveUp(awaited.computation) : opened?.then((id) => this.#delete(`/v1/sessions/${id}`));
    void closed?.catch(() => {});
  }

  /** The page may be on its way out: `keepalive` lets the request outlive it. */
  #delete(path: string): Promise<unknown> {
    return this.#server.ask("DELETE", path, { keepalive: true });
  }

  /** What ended just before has its session by now. */
  async #giveUp(computation: string): Promise<void> {
    const path = `/v1/computations/${computation}`;
    try {
      await this.#delete(path);
    } catch (error) {
      if (!(error instanceof Refusal && error.status === 409)) throw error;
      const { outcome } = (await (await this.#server.ask("GET", path)).json()) as { outcome: Outcome | null };
      if (outcome?.sessionId !== undefined) await this.#delete(`/v1/sessions/${outcome.sessionId}`);
    }
  }

  #open(): Promise<string> {
    this.#id ??= this.#server.ask("POST", "/v1/sessions", { body: {} }).then(async (answer) => {
      const { id } = (await answer.json()) as { id: string };
      return id;
    });
    this.#id.catch(() => {
      this.#id = undefined;
    });
    return this.#id;
  }

  async #send(update: Update): Promise<void> {
    if (this.over) return;
    this.busySince ??= performance.now();
    this.trouble = undefined;
    this.#tell();
    this.#listen();
    const wire = update.kind === "state" ? withoutBuffers(update.state) : undefined;
    const buffers = wire?.buffers.length ? wire.buffers : undefined;
    const data =
      update.kind === "state"
        ? { method: "update", ...wire, buffers: undefined }
        : { method: "custom", content: update.content };
    try {
      const content = { comm_id: update.id, data, buffers };
      const reply = await this.#ask({ msg_type: "comm_msg", content }, this.#closed.signal);
      if (reply.status === "error") this.trouble = textOf(reply.evalue);
    } catch (error) {
      if (!this.#endedBy(error) && error instanceof Error) this.trouble = error.message;
    }
    // Whoever waits in line follows at once; then this is set again.
    this.busySince = undefined;
    this.#tell();
  }

  async #ask(body: unknown, signal: AbortSignal): Promise<WidgetState> {
    const answer = await this.#server.ask("POST", `/v1/sessions/${await this.#id}/requests`, { body, signal });
    return ((await answer.json()) as { content: WidgetState }).content;
  }

  #listen(): void {
    this.#listenUntil = performance.now() + listenMs;
    if (this.#listening || this.over) return;
    this.#listening = true;
    void this.#poll().finally(() => {
      this.#listening = false;
    });
  }

  async #poll(): Promise<void> {
    let tried = 0;
    for (;;) {
      const left = this.#listenUntil - performance.now();
      if (this.over || (left <= 0 && this.busySince === undefined)) return;
      const wait = Math.min(pollSecondsMax, Math.max(1, Math.ceil(left / 1000)));
      try {
        const path = `/v1/sessions/${await this.#id}/messages?since=${this.#last}&wait=${wait}`;
        const answer = await this.#server.ask("GET", path, { signal: this.#closed.signal });
        const page = (await answer.json()) as { messages: TranscriptMessage[]; state: "open" | "closed" };
        tried = 0;
        if (page.messages.length > 0) this.#take(page.messages);
        if (page.state === "closed") return this.#end();
      } catch (error) {
        if (this.#endedBy(error) || ++tried >= triesMax) return;
        await pause(pauseMs * tried, this.#closed.signal).catch(() => {});
      }
    }
  }

  #take(messages: readonly TranscriptMessage[]): void {
    this.#listenUntil = Math.max(this.#listenUntil, performance.now() + listenMs);
    const fresh = messages.filter(({ number }) => number > this.#last);
    this.#last = fresh.at(-1)?.number ?? this.#last;
    for (const message of fresh) this.models.apply(message);
    const outputs = fresh.filter(({ msg_type }) => !msg_type.startsWith("comm_"));
    if (outputs.length > 0) this.#said(outputs);
  }

  /** Is it over? The server says so where it knows the session no more. */
  #endedBy(error: unknown): boolean {
    if (error instanceof Refusal && (error.code === "sessionClosed" || error.status === 404)) this.#end();
    return this.over;
  }

  #end(): void {
    if (this.over) return;
    this.over = true;
    this.busySince = undefined;
    this.#closed.abort();
    this.#tell();
  }

  #tell(): void {
    this.#changes.dispatchEvent(new Event("change"));
  }
}
