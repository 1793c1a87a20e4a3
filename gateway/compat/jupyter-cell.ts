/** One execute_request: a computation of the kernel's session, followed to its end; next: jupyter-questions.ts. */
import { setTimeout as pause } from "node:timers/promises";
import type { z } from "zod";
import { CommPieces } from "#gateway/compat/comm-pieces.ts";
import { bounds } from "#gateway/compat/jupyter-bounds.ts";
import { errorContent, type executeContent } from "#gateway/compat/jupyter-messages.ts";
import { type PayloadParts, type Shown, showMessage } from "#gateway/compat/jupyter-payloads.ts";
import type { Client, Computations, Page, State } from "#gateway/core.ts";
import type { Outcome } from "#protocol/computation.ts";
import { Failure } from "#protocol/failures.ts";
import type { TranscriptMessage } from "#protocol/messages.ts";

export type CellRequest = {
  client: Client;
  sessionId: string;
  language: "sage" | "python";
  timeoutSeconds: number;
  content: z.infer<typeof executeContent>;
  /** The number that the cell will have. */
  count: number;
};
export type CellParts = PayloadParts & { computations: Computations };
/** Where it goes. `room` is waited for before more is read. */
export type CellSink = {
  show: (shown: Shown) => void;
  askInput: (content: Record<string, unknown>) => void;
  room: () => Promise<void>;
};
export type Reply = Record<string, unknown> & { status: unknown };

/** Of the outcome alone, where the code's own error does not say it. */
const untold: ReadonlySet<Outcome["kind"]> = new Set(["timeout", "outputLimit", "memory"]);

export class Cell {
  readonly #parts: CellParts;
  readonly #request: CellRequest;
  readonly #sink: CellSink;
  readonly #abandoned = new AbortController();
  readonly #pieces = new CommPieces();
  #id: string | undefined;
  #state: State = "queued";
  #reply: Reply | undefined;
  #errorShown = false;

  constructor(parts: CellParts, request: CellRequest, sink: CellSink) {
    this.#parts = parts;
    this.#request = request;
    this.#sink = sink;
  }

  /** The reply's content. Throws Failure when it was not accepted, or nothing more can be learnt of it. */
  async run(): Promise<Reply> {
    const { code, allow_stdin, store_history, silent, user_expressions } = this.#request.content;
    const { client, sessionId, language, timeoutSeconds } = this.#request;
    const { view } = await this.#parts.computations.submit({
      client,
      sessionId,
      language,
      timeoutSeconds,
      code,
      expressions: user_expressions,
      allowInput: allow_stdin,
      storeHistory: store_history && !silent,
      files: [],
    });
    this.#id = view.id;
    const outcome = await this.#follow(view.id);
    return this.#finished(outcome);
  }

  /** Cancels it if it has not begun. False: it runs, or there is nothing to cancel. */
  async cancelWaiting(): Promise<boolean> {
    if (this.#id === undefined || this.#state !== "queued") return false;
    await this.#parts.computations.cancel(this.#id).catch(ignoreFailure);
    return true;
  }

  /** An answer that nobody waits for is dropped. */
  async input(value: string): Promise<void> {
    if (this.#id !== undefined) await this.#parts.computations.input(this.#id, value).catch(ignoreFailure);
  }

  /** Its kernel is being replaced: nobody waits for its end. */
  abandon(): void {
    this.#abandoned.abort();
  }

  async #follow(id: string): Promise<Outcome | undefined> {
    const { signal } = this.#abandoned;
    const abandoned = aborted(signal);
    for (let since = 0; !signal.aborted; ) {
      await Promise.race([this.#sink.room(), abandoned]);
      const page = await this.#read(id, since);
      this.#state = page.state;
      for (const message of page.messages) {
        await this.#pass(message, id);
        since = message.number;
      }
      if (page.complete) return page.outcome ?? undefined;
      const { waitMs } = bounds;
      if (page.messages.length === 0) await this.#parts.computations.changed(id, since, { waitMs, signal, state: page.state });
    }
    return undefined;
  }

  /** An outage of the ledger is waited out. */
  async #read(id: string, since: number): Promise<Page> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#parts.computations.read(id, since);
      } catch (error) {
        if (tries === readTries || (error instanceof Failure && error.code === "notFound")) throw error;
        await pause(bounds.retryMs);
      }
    }
  }

  async #pass(message: TranscriptMessage, id: string): Promise<void> {
    if (this.#abandoned.signal.aborted) return;
    const { silent } = this.#request.content;
    if (message.msg_type === "execute_reply") this.#reply = message.content as Reply;
    else if (message.msg_type === "input_request") this.#sink.askInput(message.content);
    else if (!silent) {
      const shown = await showMessage(this.#parts, message, { id, pieces: this.#pieces });
      if (shown) this.#show(shown);
    }
  }

  #show(shown: Shown): void {
    if (shown.msg_type === "error") this.#errorShown = true;
    const { content } = shown;
    const numbered = shown.msg_type === "execute_result" ? { ...content, execution_count: this.#countOf(content) } : content;
    this.#sink.show({ ...shown, content: numbered });
  }

  #countOf(content: Record<string, unknown>): number {
    const said = content["execution_count"];
    return Math.max(this.#request.count, typeof said === "number" ? said : 0);
  }

  #finished(outcome: Outcome | undefined): Reply {
    const ended = outcome ? endedWithout(outcome) : errorContent("KernelRestarted", "The kernel was restarted.");
    const reply = { user_expressions: {}, payload: [], ...(outcome && this.#reply ? this.#reply : ended) };
    if (!this.#request.content.silent && outcome) this.#tell(outcome, reply);
    return { ...reply, execution_count: this.#countOf(reply) };
  }

  /** Front ends show what was published, not the reply. */
  #tell(outcome: Outcome, reply: Reply & { ename?: unknown; evalue?: unknown; traceback?: unknown }): void {
    const plain = { metadata: {}, buffers: [] };
    if (untold.has(outcome.kind) && this.#errorShown)
      this.#sink.show({ ...plain, msg_type: "stream", content: { name: "stderr", text: `${outcome.message}\n` } });
    if (reply.status !== "error" || this.#errorShown) return;
    const { ename = "", evalue = "", traceback = [] } = reply;
    this.#sink.show({ ...plain, msg_type: "error", content: { ename, evalue, traceback } });
  }
}

const readTries = 60;

/** Its kernel could not say how it ended. */
const endedWithout = (outcome: Outcome): Reply =>
  outcome.kind === "ok" ? { status: "ok" } : errorContent(enames[outcome.kind] ?? "KernelDied", outcome.message);
const enames: Partial<Record<Outcome["kind"], string>> = {
  timeout: "TimeLimitExceeded",
  outputLimit: "OutputLimitExceeded",
  memory: "MemoryError",
  cancelled: "KeyboardInterrupt",
  rejected: "NoKernelFree",
};

function ignoreFailure(error: unknown): void {
  if (!(error instanceof Failure)) throw error;
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
