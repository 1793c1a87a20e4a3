/** One kernel as a client of SageMathCell's sees it: its messages in, Jupyter's out; next: sagecell-run.ts (one computation of it). */
import { bounds } from "#gateway/compat/sagecell-bounds.ts";
import { record, textOf } from "#gateway/compat/sagecell-bundle.ts";
import { Interacts } from "#gateway/compat/sagecell-interacts.ts";
import { type KernelId, SagecellKernels } from "#gateway/compat/sagecell-kernels.ts";
import { MovedControls } from "#gateway/compat/sagecell-moved-controls.ts";
import {
  errorMessage,
  errorOf,
  type Ran,
  type Run,
  type RunParts,
  runComputation,
  type Translation,
  translated,
} from "#gateway/compat/sagecell-run.ts";
import { KernelSession } from "#gateway/compat/sagecell-session.ts";
import {
  type Channel,
  type ClientMessage,
  clientMessage,
  deadMessage,
  envelope,
  executeRequest,
  kernelInfo,
  type Parent,
  type Spoken,
} from "#gateway/compat/sagecell-wire.ts";
import type { Client, Sessions } from "#gateway/core.ts";
import { Failure } from "#protocol/failures.ts";
import type { TranscriptMessage } from "#protocol/messages.ts";

export type ChannelParts = RunParts & { sessions: Sessions; kernels: SagecellKernels };

const forwarded = new Set([
  "inspect_request",
  "is_complete_request",
  "comm_open",
  "comm_msg",
  "comm_close",
  "comm_info_request",
]);

export class SagecellChannel {
  readonly #parts: ChannelParts;
  readonly #client: Client;
  readonly #kernel: KernelId;
  readonly #send: (text: string) => void;
  readonly #closed = new AbortController();
  readonly #interacts = new Interacts();
  readonly #session: KernelSession;
  readonly #moved: MovedControls;
  #parent: Parent = {};
  #waiting = 0;
  #asked = 0;
  #count = 0;
  #running: string | undefined;
  #order: Promise<unknown> = Promise.resolve();
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** Undefined: this kernel is over, or open elsewhere. */
  static open(
    parts: ChannelParts,
    of: { client: Client; kernel: KernelId; send: (text: string) => void },
  ): SagecellChannel | undefined {
    const channel = new SagecellChannel(parts, of);
    if (!parts.kernels.open(of.kernel.id, { end: () => channel.end() })) return undefined;
    channel.#used();
    return channel;
  }

  private constructor(parts: ChannelParts, of: { client: Client; kernel: KernelId; send: (text: string) => void }) {
    this.#parts = parts;
    this.#client = of.client;
    this.#kernel = of.kernel;
    this.#send = of.send;
    const events = {
      said: (message: TranscriptMessage) =>
        this.#tell({ ...message, computation: undefined }, { computation: this.#count, parent: this.#parent }),
      over: () => this.end(),
    };
    this.#session = new KernelSession(parts.sessions, { client: of.client, events, signal: this.#closed.signal });
    this.#moved = new MovedControls({
      session: this.#session,
      interacts: this.#interacts,
      inOrder: (task) => this.#inOrder(task),
      compute: (run) => this.#compute(++this.#count, run),
    });
  }

  get over(): boolean {
    return this.#closed.signal.aborted;
  }

  /** Text from the client; what is no message is dropped, as SageMathCell does. */
  hear(text: string): void {
    if (this.over || text.length > bounds.messageBytesMax) return;
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      return;
    }
    const message = clientMessage.safeParse(parsed);
    if (!message.success) return;
    this.#used();
    if (this.#asked >= bounds.askedMax) return;
    this.#asked++;
    void this.#answer(message.data)
      .catch(() => {
        // Each answer tells its own failures; what is left is a socket that closed in the middle.
      })
      .finally(() => this.#asked--);
  }

  /** Says that the kernel is gone, and gives back what it had. */
  end(): void {
    if (this.over) return;
    this.#send(deadMessage(this.#kernel.id));
    this.close();
  }

  /** Nobody listens any more. */
  close(): void {
    if (this.over) return;
    this.#closed.abort();
    clearTimeout(this.#idle);
    this.#parts.kernels.closed(this.#kernel.id);
    const ignored = () => {};
    if (this.#running !== undefined) void this.#parts.computations.cancel(this.#running).catch(ignored);
    void this.#session.close().catch(ignored);
  }

  #used(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => (this.#waiting > 0 ? this.#used() : this.end()), bounds.idleMs).unref();
  }

  async #answer(message: ClientMessage): Promise<void> {
    const { header, content } = message;
    switch (header.msg_type) {
      case "execute_request":
        return this.#execute(message);
      case "kernel_info_request":
        return this.#reply(header, kernelInfo);
      case "complete_request":
        return this.#complete(header, content);
      case "object_info_request": {
        const oname = textOf(content["oname"]);
        const asked = { code: oname, cursor_pos: oname.length, detail_level: content["detail_level"] ?? 0 };
        const found = await this.#session.ask("inspect_request", asked);
        return this.#reply(header, { ...found, oname, docstring: record(found["data"])["text/plain"] ?? "" });
      }
      case "history_request":
        return this.#reply(header, { status: "ok", history: [] });
      case "sagenb.interact.update_interact":
        return this.#update(header, content);
      case "input_reply":
        if (this.#running !== undefined)
          await this.#parts.computations.input(this.#running, textOf(content["value"])).catch(() => {});
        return;
      case "interrupt_request":
        await this.#interrupt();
        return this.#reply(header, { status: "ok" });
      case "shutdown_request":
        this.#reply(header, { status: "ok", restart: false });
        return this.end();
      default:
        if (!forwarded.has(header.msg_type)) return;
        if (header.msg_type.startsWith("comm_")) await this.#moved.settled();
        return this.#reply(header, await this.#session.ask(header.msg_type, content));
    }
  }

  #speak(channel: Channel, message: Spoken, parent: Parent): void {
    if (!this.over) this.#send(envelope(channel, message, { parent, kernel: this.#kernel.id }));
  }
  #status(execution_state: "busy" | "idle", parent: Parent): void {
    this.#speak("iopub", { msg_type: "status", content: { execution_state } }, parent);
  }
  #reply(parent: ClientMessage["header"], content: Record<string, unknown>): void {
    this.#status("busy", parent);
    this.#speak("shell", { msg_type: parent.msg_type.replace(/(_request)?$/, "_reply"), content }, parent);
    this.#status("idle", parent);
  }

  #inOrder<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#order.then(task);
    this.#order = done.catch(() => {});
    return done;
  }

  /** One after the other; a kernel that does not last is over after its last one. */
  #execute({ header, content }: ClientMessage): void {
    const asked = executeRequest.safeParse(content);
    if (!asked.success || this.#waiting >= bounds.waitingMax) {
      const evalue = asked.success ? "Too many computations wait for this kernel." : "The request is not understood.";
      this.#reply(header, { status: "error", execution_count: this.#count, ename: "Refused", evalue, traceback: [evalue] });
      return;
    }
    this.#waiting++;
    this.#order = this.#order
      .then(() => (this.over ? undefined : this.#run(header, asked.data)))
      .catch(() => this.end())
      .finally(() => {
        this.#waiting--;
        const lasts = this.#kernel.lasting || this.#session.opened;
        if (this.#waiting === 0 && !lasts) this.end();
      });
  }

  async #run(header: ClientMessage["header"], asked: ReturnType<typeof executeRequest.parse>): Promise<void> {
    const execution = ++this.#count;
    this.#parent = header;
    this.#status("busy", header);
    this.#speak("iopub", { msg_type: "execute_input", content: { code: asked.code, execution_count: execution } }, header);
    const inSession = this.#kernel.lasting || this.#session.opened;
    const computation = { computation: execution, parent: header };
    const heard = (message: Translation) => this.#tell(message, computation);
    const sessionId = inSession ? await this.#session.open() : undefined;
    const reply = await this.#compute(execution, { asked, sessionId, mayStay: !inSession, heard }).catch(async (error) => {
      if (!(error instanceof Failure)) throw error;
      await this.#tell({ ...errorMessage(error.code, error.message), number: 1, computation: undefined }, computation);
      if (error.code === "sessionClosed" || error.code === "gone") queueMicrotask(() => this.end());
      const told = { status: "error", execution_count: execution, ...errorOf(error.code, error.message) };
      return { content: { ...told, user_expressions: {}, payload: [] }, outcome: undefined };
    });
    if (reply.outcome?.sessionId !== undefined) this.#session.adopt(reply.outcome.sessionId);
    if (inSession) this.#session.follow();
    this.#speak("shell", { msg_type: "execute_reply", content: reply.content }, header);
    this.#status("idle", header);
  }

  #compute(execution: number, run: Pick<Run, "asked" | "sessionId" | "mayStay" | "storeHistory" | "heard">): Promise<Ran> {
    return runComputation(this.#parts, {
      ...run,
      client: this.#client,
      execution,
      signal: this.#closed.signal,
      idempotencyKey: SagecellKernels.key(this.#kernel.id, execution),
      started: (id) => {
        this.#running = id;
        this.#parts.kernels.ran(this.#kernel.id, id);
      },
    }).finally(() => {
      this.#running = undefined;
    });
  }

  async #tell(message: Translation, about: { computation: number; parent: Parent }): Promise<void> {
    if (message.msg_type === "input_request") {
      this.#speak("stdin", message, about.parent);
      return;
    }
    const meant = this.#interacts.hear(message);
    // Only what a computation itself said can be fetched again by its number.
    const { computation: id, number } = message;
    const place = meant || id === undefined ? undefined : { computation: about.computation, number, id };
    for (const one of meant ?? [message]) {
      const said = { ...one, metadata: one.metadata ?? {} };
      for (const shown of await translated(this.#parts, said, place)) this.#speak("iopub", shown, about.parent);
    }
  }

  async #update(header: ClientMessage["header"], content: Record<string, unknown>): Promise<void> {
    await this.#moved.settled();
    this.#parent = header;
    this.#status("busy", header);
    const reply = await this.#moved.move(content);
    this.#speak("shell", { msg_type: "sagenb.interact.update_interact_reply", content: reply }, header);
    this.#status("idle", header);
  }

  /** Version 4 of the protocol, which SageMathCell's editor speaks, or version 5. */
  async #complete(header: ClientMessage["header"], content: Record<string, unknown>): Promise<void> {
    const code = textOf(content["code"] ?? content["line"] ?? content["text"]);
    const cursor_pos = Math.min(code.length, Math.max(0, Number(content["cursor_pos"]) || 0));
    const found = await this.#session.ask("complete_request", { code, cursor_pos });
    const from = typeof found["cursor_start"] === "number" ? found["cursor_start"] : cursor_pos;
    this.#reply(header, { matches: [], status: "ok", ...found, matched_text: code.slice(from, cursor_pos) });
  }

  async #interrupt(): Promise<void> {
    const running = this.#running;
    const stopped = this.#session.opened ? this.#session.interrupt() : running && this.#parts.computations.cancel(running);
    await Promise.resolve(stopped).catch(() => {});
  }
}
