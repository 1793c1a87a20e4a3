/**
 * A Jupyter kernel: a session, and another one in its place after each restart; next: jupyter-kernels.ts (all of them).
 *
 *     idle ◀──▶ busy        around every request, on iopub
 *       └──session closed──▶ dead ──restart──▶ idle
 */
import type { WebSocket } from "ws";
import { CommPieces } from "#gateway/compat/comm-pieces.ts";
import { Cell, type CellParts, type Reply } from "#gateway/compat/jupyter-cell.ts";
import { Feed } from "#gateway/compat/jupyter-feed.ts";
import { kernelInfo, type Spec } from "#gateway/compat/jupyter-kernelspecs.ts";
import { type Asked, Line } from "#gateway/compat/jupyter-line.ts";
import { errorContent, executeContent, type Header, replyType } from "#gateway/compat/jupyter-messages.ts";
import type { Outlet } from "#gateway/compat/jupyter-outlet.ts";
import { showMessage } from "#gateway/compat/jupyter-payloads.ts";
import { ask, isComm, isQuestion } from "#gateway/compat/jupyter-questions.ts";
import { Voice } from "#gateway/compat/jupyter-voice.ts";
import type { Format } from "#gateway/compat/jupyter-wire.ts";
import type { Client, Sessions } from "#gateway/core.ts";
import { Failure, failures } from "#protocol/failures.ts";

export type KernelParts = CellParts & {
  sessions: Sessions;
  version: string;
  timeoutSecondsMax: number;
  logError: (error: unknown) => void;
};
type State = "idle" | "busy" | "dead";
export type KernelModel = {
  id: string;
  name: string;
  last_activity: string;
  execution_state: State;
  connections: number;
};

export class JupyterKernel {
  readonly id: string;
  readonly spec: Spec;
  /** In whose place the present one is. */
  readonly place: string;
  /** Asks for its end (shutdown_request). */
  onShutdown: () => Promise<void> = async () => {};
  readonly #parts: KernelParts;
  readonly #voice: Voice;
  readonly #line: Line;
  #feed: Feed;
  #cell: Cell | undefined;
  #state: State = "idle";
  /** Of what is said beside any request. */
  #parent: Header | undefined;
  #count = 0;
  #activeAt = Date.now();

  constructor(of: { id: string; spec: Spec; place: string; session: string; fresh: boolean }, parts: KernelParts) {
    this.id = of.id;
    this.spec = of.spec;
    this.place = of.place;
    this.#parts = parts;
    this.#voice = new Voice(of.session);
    this.#line = new Line((asked) => this.#serve(asked));
    this.#feed = this.#follow(of.fresh);
  }

  get #session(): string {
    return this.#voice.session;
  }

  model(): KernelModel {
    return {
      id: this.id,
      name: this.spec.name,
      last_activity: new Date(this.#activeAt).toISOString(),
      execution_state: this.#state,
      connections: this.#voice.audience.connections,
    };
  }

  get dead(): boolean {
    return this.#state === "dead";
  }

  /** Nobody is connected, nothing runs, and for so long nothing has. */
  isUnused(now: number, ms: number): boolean {
    this.#voice.audience.sweep(now);
    return this.#voice.audience.connections === 0 && !this.#line.busy && now - this.#activeAt > ms;
  }

  mayConnect(clientSession: string | undefined): void {
    this.#voice.audience.mayConnect(clientSession);
  }
  connect(socket: WebSocket, of: { clientSession: string | undefined; format: Format }): Outlet {
    this.#activeAt = Date.now();
    return this.#voice.audience.connect(socket, of);
  }
  leave(outlet: Outlet, socket: WebSocket): void {
    this.#voice.audience.leave(outlet, socket);
  }

  /** What a client says. Never rejects. */
  async receive(asked: Asked): Promise<void> {
    this.#activeAt = Date.now();
    const { channel, header, content } = asked.message;
    const { msg_type } = header;
    if (channel === "stdin") return this.#cell?.input(String(content["value"] ?? ""));
    if (channel === "shell" && (msg_type === "execute_request" || isQuestion(msg_type))) {
      if (!this.#line.add(asked))
        await this.#answer(asked, async () => failed(new Failure("full", { detail: "Too much waits." })));
      return;
    }
    await this.#answer(asked, () => this.#atOnce(asked));
    // Front ends take the last state for the kernel's, whoever's request it was of.
    if (this.#line.busy && this.#parent) this.#voice.say("status", this.#parent, { execution_state: "busy" });
  }

  /** As Ctrl-C; what has not begun is cancelled. */
  async interrupt(): Promise<void> {
    if (await this.#cell?.cancelWaiting()) return;
    await this.#parts.sessions.interrupt(this.#session).catch((error: unknown) => {
      if (!(error instanceof Failure && error.code === "sessionClosed")) throw error;
    });
  }

  /** What it knew is gone, its id stays. Throws Failure tooMany, unavailable. */
  async restart(client: Client): Promise<void> {
    const { id } = await this.#parts.sessions.replace(this.place, client);
    this.#moveTo(id, true);
  }

  /** Closes its session; it is of no use any more. */
  async end(): Promise<void> {
    this.stop();
    await this.#parts.sessions.close(this.#session);
  }

  /** Says goodbye to all who listen. The session stays as it is. */
  stop(): void {
    this.#feed.stop();
    this.#cell?.abandon();
    this.#die();
    this.#voice.audience.close(1000, "The kernel is gone.");
  }

  // Requests ---------------------------------------------------------------------------------------------------------------

  async #serve(asked: Asked): Promise<void> {
    this.#parent = asked.message.header;
    const session = this.#session;
    const { msg_type } = asked.message.header;
    const reply = await this.#answer(asked, async () => {
      if (this.dead) throw new Failure("sessionClosed", { detail: "The kernel is gone. Restart it to go on." });
      if (msg_type === "execute_request") return this.#execute(asked);
      const { reply, saidUpTo } = await ask(this.#parts.sessions, session, asked.message);
      await this.#feed.upTo(saidUpTo);
      return reply;
    });
    const failedCell = msg_type === "execute_request" && reply?.["status"] === "error";
    if (failedCell && asked.message.content["stop_on_error"] !== false) await this.#abortCells();
  }

  /** Busy, what `make` makes, the reply, idle. Never rejects: what goes wrong is the reply. */
  async #answer(
    asked: Asked,
    make: () => Promise<Record<string, unknown> | undefined>,
  ): Promise<Record<string, unknown> | undefined> {
    const { header, channel } = asked.message;
    this.#status("busy", header);
    let reply: Record<string, unknown> | undefined;
    try {
      reply = await make();
    } catch (error) {
      const words = failed(error);
      reply = words;
      if (error instanceof Failure && error.code === "sessionClosed") await this.#sessionEnded();
      if (!(error instanceof Failure)) this.#parts.logError(error);
      if (header.msg_type === "execute_request") this.#voice.say("error", header, withoutStatus(words));
    }
    const numbered = header.msg_type === "execute_request" ? { execution_count: this.#count, ...reply } : reply;
    if (numbered && !isComm(header.msg_type))
      this.#voice.reply(asked, channel, { msg_type: replyType(header.msg_type), content: numbered });
    this.#status("idle", header);
    return reply;
  }

  #status(state: "busy" | "idle", parent: Header): void {
    this.#activeAt = Date.now();
    if (!this.dead) this.#state = state;
    this.#voice.say("status", parent, { execution_state: state });
  }

  async #atOnce({ message, client }: Asked): Promise<Record<string, unknown>> {
    const { msg_type } = message.header;
    const restart = message.content["restart"] === true;
    switch (msg_type) {
      case "kernel_info_request":
        return kernelInfo(this.spec, this.#parts.version);
      case "interrupt_request":
        await this.interrupt();
        return { status: "ok" };
      case "shutdown_request":
        await (restart ? this.restart(client) : this.onShutdown());
        return { status: "ok", restart };
      case "connect_request":
        return { status: "ok" };
      default:
        return errorContent("NotImplementedError", `${msg_type.slice(0, 100)} is nothing that this kernel understands.`);
    }
  }

  async #execute(asked: Asked): Promise<Reply> {
    const { message, client } = asked;
    const parent = message.header;
    const parsed = executeContent.safeParse(message.content);
    if (!parsed.success) throw new Failure("invalid", { detail: parsed.error.issues[0]?.message ?? "It is no cell." });
    const content = parsed.data;
    const count = this.#count + 1;
    const request = { client, sessionId: this.#session, language: this.spec.language, content, count };
    if (!content.silent) this.#voice.say("execute_input", parent, { code: content.code, execution_count: count });
    const cell = new Cell(
      this.#parts,
      { ...request, timeoutSeconds: this.#parts.timeoutSecondsMax },
      {
        show: (shown) => this.#voice.show(shown, parent),
        askInput: (prompt) => this.#voice.reply(asked, "stdin", { msg_type: "input_request", content: prompt }),
        room: () => this.#voice.audience.room(),
      },
    );
    this.#cell = cell;
    const session = this.#session;
    const reply = await cell.run().finally(() => {
      if (this.#cell === cell) this.#cell = undefined;
    });
    const said = Number(reply["execution_count"]);
    if (session === this.#session) this.#count = content.store_history && !content.silent ? said : said - 1;
    return reply;
  }

  /** After an error what was sent before it was known is not run. */
  async #abortCells(): Promise<void> {
    for (const asked of this.#line.remove(({ message }) => message.header.msg_type === "execute_request"))
      await this.#answer(asked, async () => ({ status: "aborted" }));
  }

  // The session ------------------------------------------------------------------------------------------------------------

  #follow(fresh: boolean): Feed {
    const speaker = { id: this.#session, pieces: new CommPieces() };
    const feed = new Feed(this.#parts.sessions, this.#session, {
      message: async (message) => {
        const shown = await showMessage(this.#parts, message, speaker);
        if (shown) this.#voice.show(shown, this.#parent);
      },
      closed: () => void this.#sessionEnded(),
      room: () => this.#voice.audience.room(),
    });
    void feed.follow({ fresh });
    return feed;
  }

  /** Another gateway may have restarted it. */
  async #sessionEnded(): Promise<void> {
    try {
      const { successor } = await this.#parts.sessions.state(this.place);
      if (successor === undefined || successor === this.#session) return this.#die();
      if ((await this.#parts.sessions.state(successor)).state === "closed") return this.#die();
      this.#moveTo(successor, false);
    } catch {
      this.#die();
    }
  }

  #moveTo(session: string, fresh: boolean): void {
    if (session === this.#session) return;
    this.#feed.stop();
    this.#cell?.abandon();
    for (const asked of this.#line.remove(() => true)) void this.#answer(asked, async () => ({ status: "aborted" }));
    this.#voice.session = session;
    this.#count = 0;
    this.#state = "idle";
    this.#feed = this.#follow(fresh);
    this.#voice.say("status", undefined, { execution_state: "starting" });
  }

  #die(): void {
    if (this.dead) return;
    this.#state = "dead";
    this.#feed.stop();
    this.#voice.say("status", undefined, { execution_state: "dead" });
  }
}

function failed(error: unknown): Reply & { ename: string; evalue: string; traceback: string[] } {
  if (!(error instanceof Failure)) return errorContent("SandcellError", failures.internal.words);
  return errorContent("SandcellError", error.detail ?? failures[error.code].words);
}

const withoutStatus = ({ ename, evalue, traceback }: ReturnType<typeof failed>) => ({ ename, evalue, traceback });
