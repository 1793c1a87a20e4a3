/** A core without NATS and Sage, for tests of the HTTP side: computations that say what the test tells them to; next: memory-sessions.ts. */
import type { Computations, FilesReader, Page, State, Submission, View } from "#gateway/core.ts";
import type { Outcome } from "#protocol/computation.ts";
import { Failure } from "#protocol/failures.ts";
import type { TranscriptMessage } from "#protocol/messages.ts";
import { MemorySessions } from "#test/memory-sessions.ts";

export const memoryLimits = {
  wallMs: 60_000,
  cpuSeconds: 60,
  addressSpaceBytes: 1e9,
  processes: 64,
  fileBytes: 1e6,
  workspaceBytes: 1e7,
  workspaceFiles: 1000,
  outputBytes: 1e6,
  outputMessages: 1000,
  uploadFiles: 10,
  uploadBytes: 1e7,
};

type Entry = {
  view: View;
  submission: Submission;
  messages: TranscriptMessage[];
  /** Messages are there, but not yet to be read: a reader must wait although the outcome is known. */
  withheld: number;
  waitingForInput: boolean;
  inputs: string[];
  wake: Set<() => void>;
};

const serial = (prefix: string, n: number) => `${prefix}${n.toString(36).padStart(25, "0")}`;
const pageMessagesMax = 50;

export class MemoryCore implements Computations, FilesReader {
  readonly entries = new Map<string, Entry>();
  readonly sessions = new MemorySessions(() => this.#may());
  readonly stored = new Map<string, Uint8Array>();
  /** What was asked of the filestore. */
  readonly fetched: string[] = [];
  /** The next call of any method fails with it. */
  failNext: Error | undefined;
  /** Readers that wait at this moment. */
  waiting = 0;
  #count = 0;
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  #may(): void {
    const failure = this.failNext;
    this.failNext = undefined;
    if (failure) throw failure;
  }

  async submit(submission: Submission): Promise<{ view: View; repeated: boolean }> {
    this.#may();
    for (const { view, submission: earlier } of this.entries.values()) {
      if (submission.idempotencyKey === undefined || earlier.idempotencyKey !== submission.idempotencyKey) continue;
      if (JSON.stringify(earlier) !== JSON.stringify(submission)) throw new Failure("keyReused");
      return { view, repeated: true };
    }
    if (submission.sessionId && (await this.sessions.state(submission.sessionId)).state === "closed")
      throw new Failure("sessionClosed");
    const view: View = {
      id: serial("c", ++this.#count),
      state: "queued",
      language: submission.language,
      createdAt: new Date(this.#now()).toISOString(),
      sessionId: submission.sessionId,
      limits: memoryLimits,
      position: 1,
      outcome: null,
    };
    const entry = {
      view,
      submission,
      messages: [],
      withheld: 0,
      waitingForInput: false,
      inputs: [],
      wake: new Set<() => void>(),
    };
    this.entries.set(view.id, entry);
    return { view: { ...view }, repeated: false };
  }

  entry(id: string): Entry {
    const entry = this.entries.get(id);
    if (!entry) throw new Failure("notFound");
    return entry;
  }

  async view(id: string): Promise<View> {
    this.#may();
    return { ...this.entry(id).view };
  }

  async read(id: string, since: number): Promise<Page> {
    this.#may();
    const { view, messages, withheld } = this.entry(id);
    const ready = messages.slice(0, messages.length - withheld);
    const given = ready.filter((message) => message.number > since).slice(0, pageMessagesMax);
    const last = given.at(-1)?.number ?? since;
    const complete = view.outcome !== null && last >= view.outcome.lastNumber;
    return { messages: given, state: view.state, outcome: view.outcome, complete, position: view.position };
  }

  async changed(id: string, since: number, options: { waitMs: number; signal: AbortSignal; state: State }): Promise<void> {
    const entry = this.entry(id);
    const page = await this.read(id, since);
    if (page.messages.length > 0 || page.state !== options.state || page.complete || options.signal.aborted) return;
    this.waiting++;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => end(), options.waitMs);
      const end = () => {
        clearTimeout(timer);
        entry.wake.delete(end);
        options.signal.removeEventListener("abort", end);
        resolve();
      };
      entry.wake.add(end);
      options.signal.addEventListener("abort", end, { once: true });
    });
    this.waiting--;
  }

  async cancel(id: string): Promise<void> {
    this.#may();
    if (this.entry(id).view.outcome) throw new Failure("alreadyFinished");
    this.finish(id, { kind: "cancelled", message: "Cancelled." });
  }

  async input(id: string, value: string): Promise<void> {
    this.#may();
    const entry = this.entry(id);
    if (entry.view.outcome) throw new Failure("alreadyFinished");
    if (!entry.waitingForInput) throw new Failure("notWaitingForInput");
    entry.waitingForInput = false;
    entry.inputs.push(value);
  }

  async fetch(id: string, path: string, headers: Record<string, string>): Promise<Response> {
    this.#may();
    this.fetched.push(`${id}/${path}`);
    const data = this.stored.get(`${id}/${path}`);
    if (!data) return new Response("no such file", { status: 404 });
    const about = { etag: '"1"', "accept-ranges": "bytes", "content-type": "text/plain" };
    const range = /^bytes=(\d+)-(\d*)$/.exec(headers["range"] ?? "");
    if (!range) return new Response(Buffer.from(data), { headers: { ...about, "content-length": String(data.length) } });
    const start = Number(range[1]);
    const end = Math.min(range[2] ? Number(range[2]) : data.length - 1, data.length - 1);
    if (start > end) return new Response(null, { status: 416, headers: { "content-range": `bytes */${data.length}` } });
    const part = Buffer.from(data.subarray(start, end + 1));
    const length = { "content-length": String(part.length), "content-range": `bytes ${start}-${end}/${data.length}` };
    return new Response(part, { status: 206, headers: { ...about, ...length } });
  }

  // What the test makes happen, in the order of a computation's life.

  run(id: string): void {
    Object.assign(this.entry(id).view, { state: "running", position: undefined });
    this.#tell(id);
  }
  say(id: string, text: string, more: { withheld?: boolean } = {}): void {
    this.message(id, { msg_type: "stream", content: { name: "stdout", text } }, more);
  }
  message(
    id: string,
    said: Pick<TranscriptMessage, "msg_type" | "content"> & Partial<TranscriptMessage>,
    more: { withheld?: boolean } = {},
  ): void {
    const entry = this.entry(id);
    const number = entry.messages.length + 1;
    const date = new Date(this.#now()).toISOString();
    const parent_header = {
      msg_id: id,
      msg_type: "execute_request" as const,
      session: id,
      username: "",
      date,
      version: "5.4" as const,
    };
    entry.messages.push({ number, msg_id: `${id}-${number}`, metadata: {}, parent_header, ...said });
    if (more.withheld) entry.withheld++;
    this.#tell(id);
  }
  release(id: string): void {
    this.entry(id).withheld = 0;
    this.#tell(id);
  }
  askInput(id: string): void {
    this.entry(id).waitingForInput = true;
  }
  finish(id: string, outcome: Partial<Outcome> = {}): void {
    const entry = this.entry(id);
    const ended = { kind: "ok" as const, message: "", lastNumber: entry.messages.length, files: [], ...outcome };
    Object.assign(entry.view, { state: "finished", position: undefined, outcome: ended });
    this.#tell(id);
  }
  #tell(id: string): void {
    for (const wake of [...this.entry(id).wake]) wake();
  }
}
