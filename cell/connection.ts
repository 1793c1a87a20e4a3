/** How a cell speaks with its server: submit, follow, cancel, answer; next: run-state.ts (what the reader is told meanwhile). */
import type { FileEntry, Outcome } from "#protocol/computation.ts";
import type { TranscriptMessage } from "#protocol/messages.ts";
import { eventStreamReader } from "./event-stream.ts";
import { Away, type Problem, Refusal, refusal, refusalOf } from "./refusal.ts";

export const limits = {
  /** Connections in a row that brought nothing, before the cell gives up and asks the reader. */
  triesMax: 6,
  firstPauseMs: 500,
  pauseMsMax: 8000,
  /** The server sends at least a comment this often; a silent connection is taken for dead. */
  silenceMs: 45_000,
  pollSeconds: 20,
  /** A browser gives one server few connections: further computations of a page are asked after now and then. */
  streamsMax: 3,
  crowdedPauseMs: 700,
  /** A POST without an answer is repeated under the same Idempotency-Key. */
  submitTries: 3,
} as const;

export interface Submission {
  readonly code: string;
  /** Whose part it is: the page's own trace. */
  readonly traceparent?: string | undefined;
  readonly language?: string;
  readonly timeoutSeconds?: number;
  /** True when left out. */
  readonly allowInput?: boolean;
  readonly figureFormat?: "svg";
  readonly sessionId?: string;
  /** Its outcome may name a session: that of the widgets it left behind. */
  readonly mayStay?: true;
  readonly interacts?: "sagecellWidgets";
}
export interface ServerSettings {
  readonly frameOrigin?: string;
  /** Undefined: the frame fetches no scripts of other packages' widgets. */
  readonly widgetModulesUrl?: string;
  /** Undefined: the server makes no short links. */
  readonly linkKeepDays?: number;
}
export type ServerState = "queued" | "running" | "finished";
export interface Watcher {
  messages(messages: readonly TranscriptMessage[]): void;
  state(state: ServerState, place: number | undefined): void;
  /** The connection dropped: this is try number `tried` to get it back. */
  dropped(tried: number): void;
}

export class Server {
  readonly base: string;
  #settings: Promise<ServerSettings> | undefined;
  #streams = 0;

  constructor(base: string) {
    this.base = base.replace(/\/+$/, "");
  }

  /** Asked once a page. A server that cannot say has no frames to show HTML in. */
  settings(): Promise<ServerSettings> {
    this.#settings ??= this.ask("GET", "/v1/settings").then(
      (answer) => answer.json() as Promise<ServerSettings>,
      () => {
        this.#settings = undefined;
        return {};
      },
    );
    return this.#settings;
  }

  /** The id of the accepted computation. Throws Refusal or Away. */
  async submit({ traceparent, ...body }: Submission, signal: AbortSignal): Promise<{ id: string; state: ServerState }> {
    // As long as W3C Trace Context has it: another text may be no header, and keep the request from being sent.
    const headers = { "Idempotency-Key": randomKey(), ...(traceparent?.length === 55 && { traceparent }) };
    for (let tried = 1; ; tried++) {
      try {
        const answer = await this.ask("POST", "/v1/computations", { body, signal, headers });
        return (await answer.json()) as { id: string; state: ServerState };
      } catch (error) {
        if (error instanceof Refusal || signal.aborted || tried === limits.submitTries) throw error;
        await pause(limits.firstPauseMs * tried, signal);
      }
    }
  }

  async cancel(id: string): Promise<void> {
    await this.ask("DELETE", `/v1/computations/${id}`);
  }

  async answer(id: string, value: string): Promise<void> {
    await this.ask("POST", `/v1/computations/${id}/input`, { body: { value } });
  }

  fileUrl(id: string, path: string): string {
    return `${this.base}/files/${id}/${path.split("/").map(encodeURIComponent).join("/")}`;
  }

  /** A payload that was too big for its message. */
  async file(id: string, path: string): Promise<Blob> {
    return (await this.ask("GET", this.fileUrl(id, path).slice(this.base.length))).blob();
  }

  /**
   * Delivers every message after `since` once and in order, through as many connections as it takes; resolves with the outcome when
   * all that counts was delivered. Throws Away after too many fruitless tries, Refusal if the server no longer knows the computation.
   */
  async follow(id: string, since: number, watcher: Watcher, signal: AbortSignal): Promise<Outcome> {
    const progress = { last: since, outcome: undefined as Outcome | undefined };
    let tried = 0;
    let byPolls = false;
    for (;;) {
      const before = progress.last;
      try {
        const crowded = this.#streams >= limits.streamsMax;
        if (crowded) await this.#poll(id, progress, watcher, { signal, seconds: 0 });
        else if (byPolls) await this.#poll(id, progress, watcher, { signal, seconds: limits.pollSeconds });
        else {
          this.#streams++;
          await this.#stream(id, progress, watcher, signal).finally(() => this.#streams--);
        }
        const { outcome } = progress;
        if (outcome && progress.last >= outcome.lastNumber) return outcome;
        if (crowded || byPolls || progress.last > before) tried = 0;
        else tried++;
        if (crowded) await pause(limits.crowdedPauseMs, signal);
      } catch (error) {
        if (signal.aborted) throw error;
        if (error instanceof Refusal && error.status < 500 && error.status !== 429) throw error;
        tried = progress.last > before ? 1 : tried + 1;
      }
      if (tried >= limits.triesMax) throw new Away("the connection was lost");
      if (tried > 0) {
        // A proxy that holds event streams back lets long polls through.
        if (tried >= 2) byPolls = true;
        watcher.dropped(tried);
        await pause(Math.min(limits.pauseMsMax, limits.firstPauseMs * 2 ** (tried - 1)), signal);
      }
    }
  }

  async #stream(id: string, progress: Progress, watcher: Watcher, signal: AbortSignal): Promise<void> {
    const silence = new AbortController();
    const both = AbortSignal.any([signal, silence.signal]);
    const answer = await this.ask("GET", `/v1/computations/${id}/events`, {
      signal: both,
      headers: { Accept: "text/event-stream", ...(progress.last > 0 && { "Last-Event-ID": String(progress.last) }) },
    });
    if (answer.status === 204 || !answer.body || !answer.headers.get("content-type")?.startsWith("text/event-stream")) {
      return this.#poll(id, progress, watcher, { signal, seconds: limits.pollSeconds });
    }
    let batch: TranscriptMessage[] = [];
    const read = eventStreamReader((event) => {
      if (event.type === "message") take(progress, batch, JSON.parse(event.data) as TranscriptMessage);
      else if (event.type === "state") told(watcher, JSON.parse(event.data) as Told);
      else if (event.type === "outcome") progress.outcome = (JSON.parse(event.data) as { outcome: Outcome }).outcome;
      else if (event.type === "failure") throw refusal(JSON.parse(event.data) as Problem, 500, undefined);
    });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const timer = setTimeout(() => silence.abort(), limits.silenceMs);
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (value !== undefined) read(value);
      if (batch.length > 0) watcher.messages(batch);
      batch = [];
      if (progress.outcome) reader.cancel().catch(() => {});
      if (done || progress.outcome) return;
    }
  }

  async #poll(
    id: string,
    progress: Progress,
    watcher: Watcher,
    { signal, seconds }: { signal: AbortSignal; seconds: number },
  ): Promise<void> {
    const path = `/v1/computations/${id}/messages?since=${progress.last}&wait=${seconds}`;
    const answer = (await (await this.ask("GET", path, { signal })).json()) as Told & {
      messages: TranscriptMessage[];
      outcome: Outcome | null;
      complete: boolean;
    };
    const batch: TranscriptMessage[] = [];
    for (const message of answer.messages) take(progress, batch, message);
    if (batch.length > 0) watcher.messages(batch);
    told(watcher, answer);
    if (answer.complete && answer.outcome) progress.outcome = answer.outcome;
  }

  /** Throws Refusal or Away; rejects when aborted. */
  async ask(method: string, path: string, more: Ask = {}): Promise<Response> {
    const headers: Record<string, string> = {
      ...more.headers,
      ...(more.body !== undefined && { "Content-Type": "application/json" }),
    };
    let answer: Response;
    try {
      answer = await fetch(this.base + path, {
        method,
        headers,
        credentials: "omit",
        cache: "no-store",
        keepalive: !!more.keepalive,
        signal: more.signal ?? null,
        // Of nothing: undefined, which is no body.
        body: JSON.stringify(more.body),
      });
    } catch (error) {
      if (more.signal?.aborted) throw error;
      throw new Away("the server is not reachable", { cause: error });
    }
    if (!answer.ok) throw await refusalOf(answer);
    return answer;
  }
}

export interface Ask {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
  /** The request outlives its page. */
  readonly keepalive?: boolean;
}
interface Progress {
  last: number;
  outcome: Outcome | undefined;
}
interface Told {
  readonly state: ServerState;
  /** Place in line, from 1, while queued. */
  readonly position?: number;
}

/** Repeats are dropped; a gap ends the connection, and the next one asks from the last number that came. */
function take(progress: Progress, batch: TranscriptMessage[], message: TranscriptMessage): void {
  if (message.number <= progress.last) return;
  if (message.number !== progress.last + 1) throw new Error(`message ${progress.last + 1} is missing`);
  progress.last = message.number;
  batch.push(message);
}

function told(watcher: Watcher, { state, position }: Told): void {
  if (state !== "finished") watcher.state(state, state === "queued" ? position : undefined);
}

/** `crypto.randomUUID` is missing on pages served by plain http. */
function randomKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}

/** Ends early when the browser says that the network is back; rejects when aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}

const servers = new Map<string, Server>();

/** Cells of one page share what they learned of a server. */
export function serverAt(base: string): Server {
  let server = servers.get(base);
  if (!server) {
    server = new Server(base);
    servers.set(base, server);
  }
  return server;
}

export type { FileEntry, Outcome };
