/**
 * The desk of one kernel: what it takes and refuses, what runs and waits, when it leaves; next: serve.ts (NATS in front of it).
 *
 *     warming ──ready──▶ idle ◀──▶ busy          a kernel bound to a session takes only that session's computations
 *                          └──▶ leaving ◀──┘ ──▶ finished(done)      any fault ──▶ finished(fault or unfit)
 */
import { bounds } from "#agent/bounds.ts";
import type { DeskOptions } from "#agent/desk-options.ts";
import { type Frame, KernelFault } from "#agent/frames.ts";
import { Heartbeat } from "#agent/heartbeat.ts";
import { Run } from "#agent/run.ts";
import { SessionOutput } from "#agent/session-output.ts";
import { failed, SideRequests } from "#agent/side-requests.ts";
import { Transcripts } from "#agent/transcripts.ts";
import { agentExit } from "#protocol/agent-exit.ts";
import type { ControlMessage, ExecRequest, KernelStatus, SideReply, SideRequest } from "#protocol/exec.ts";
import type { FromKernel } from "#protocol/kernel-frames.ts";
import type { TranscriptEnd } from "#protocol/messages.ts";

const memoryWords = "The sandbox ran out of memory.";
export type DeskState = Pick<KernelStatus, "state" | "freeSlots" | "served" | "session" | "computations" | "memoryBytes">;

export class Desk {
  /** Resolves with the exit code (`agentExit`) when there is nothing left to do. */
  readonly finished: Promise<number>;
  readonly transcripts: Transcripts;
  readonly #options: DeskOptions;
  readonly #side: SideRequests;
  readonly #heartbeat: Heartbeat;
  readonly #had = new Set<string>();
  #finish: (code: number) => void = () => undefined;
  #greetedBy: { warmUpMs: number; sage: string } | undefined;
  #ready = false;
  #leaving = false;
  #gone = false;
  #session: string | undefined;
  #running: Run | undefined;
  #queue: ExecRequest[] = [];
  #served = 0;
  #wallMs: number = bounds.sideRequestMs;
  readonly #sessionOutput = new SessionOutput();
  readonly #startedAt = Date.now();
  #busyAt = Date.now();

  constructor(options: DeskOptions) {
    this.#options = options;
    this.transcripts = new Transcripts(options.outlet);
    const { kernel } = options;
    this.#side = new SideRequests({ kernel, wallMs: () => this.#wallMs, busy: () => this.#running !== undefined });
    this.#heartbeat = new Heartbeat(options.kernel);
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get ready(): boolean {
    return this.#ready;
  }

  state(): DeskState {
    const computations = [...(this.#running ? [this.#running.id] : []), ...this.#queue.map((e) => e.computation.id)];
    const free = this.#ready && !this.#leaving && this.#session === undefined && computations.length === 0;
    return {
      state: this.#leaving ? "leaving" : computations.length > 0 ? "busy" : "idle",
      freeSlots: free ? 1 : 0,
      served: this.#served,
      ...(this.#session === undefined ? {} : { session: this.#session }),
      computations,
      memoryBytes: this.#heartbeat.memoryBytes,
    };
  }

  /**
   * Decides only; what it accepted begins with `proceed`, after the answer is on its way. `notAfter` is about being accepted:
   * how long a session's line may take is in the gateway's `endBy`.
   */
  exec(request: ExecRequest): "accepted" | "busy" | { refused: string } {
    const { id, sessionId } = request.computation;
    if (this.#had.has(id)) return "accepted";
    if (Date.now() > request.notAfter) return { refused: "It came too late to be started." };
    const line = this.#queue.length;
    const fits = this.#session === undefined ? !this.#running && line === 0 : sessionId === this.#session;
    const inTurn = line < bounds.sessionQueueMax && (request.after === undefined || this.#had.has(request.after));
    if (!this.#ready || this.#leaving || !fits || !inTurn) return "busy";
    this.#had.add(id);
    const [oldest] = this.#had;
    if (this.#had.size > bounds.rememberedIds && oldest !== undefined) this.#had.delete(oldest);
    this.#session ??= sessionId;
    this.#queue.push(request);
    return "accepted";
  }

  /** Begins the next computation if nothing runs. */
  proceed(): void {
    const next = this.#running || this.#gone ? undefined : this.#queue.shift();
    if (!next) return;
    void this.#serve(next);
    this.#options.changed();
  }

  async #serve(exec: ExecRequest): Promise<void> {
    const { kernel, log, spoolDirectory } = this.#options;
    const transcript = this.transcripts.of(exec.computation.id, this.#session);
    const run = new Run(exec, { kernel, transcript, log, spoolDirectory });
    this.#running = run;
    this.#wallMs = exec.computation.limits.wallMs;
    void run.begin(this.#session === undefined ? "oneShot" : "session");
    await run.ended;
    if (!(await this.transcripts.close(exec.computation.id))) {
      log.error({ computation: exec.computation.id }, "the ledger did not take the transcript in time");
      this.#gone = true;
    }
    this.#running = undefined;
    this.#served++;
    this.#busyAt = Date.now();
    if (run.sessionClosed) this.#closeSession();
    if (this.#session === undefined && this.#served >= this.#options.computationsMax) this.#leaving = true;
    this.#settle();
  }

  /** After any change: go on, leave, or wait. */
  #settle(): void {
    if (this.#gone) this.#leaving = true;
    else this.proceed();
    if (this.#running || this.#queue.length > 0) return;
    this.#options.changed();
    if (this.#leaving) void this.#finishWhenDelivered();
  }

  async #finishWhenDelivered(): Promise<void> {
    const all = await this.transcripts.closeAll();
    if (!this.#gone && all) this.#finish(agentExit.done);
    else this.#finish(this.#had.size === 0 ? agentExit.unfit : agentExit.fault);
  }

  /** An accepted computation that will not run has its end all the same. */
  #endUnrun(exec: ExecRequest, end: Pick<TranscriptEnd, "kind" | "message" | "sessionClosed">): void {
    const { id } = exec.computation;
    this.transcripts.of(id, this.#session).end({ ...end, files: [] });
    void this.transcripts.close(id);
  }

  control(message: ControlMessage): void {
    const running = this.#running;
    switch (message.control) {
      case "interrupt":
        if (message.computation === undefined && !running) this.#side.interrupt();
        else if (message.computation === undefined || message.computation === running?.id) running?.interrupt();
        return;
      case "input":
        if (message.computation === running?.id) running.input(message.value);
        return;
      case "cancel":
        if (message.computation === running?.id) running.cancel();
        else this.#cancelWaiting(message.computation);
        return;
      case "closeSession":
        if (message.session === this.#session) this.#closeSession();
        this.#settle();
        return;
      case "leave":
        this.leave();
    }
  }

  #cancelWaiting(id: string): void {
    const waiting = this.#queue.find((exec) => exec.computation.id === id);
    if (!waiting) return;
    this.#queue = this.#queue.filter((exec) => exec !== waiting);
    this.#endUnrun(waiting, { kind: "cancelled", message: "Cancelled before it began.", sessionClosed: false });
    this.#options.changed();
  }

  #closeSession(): void {
    this.#leaving = true;
    this.#running?.cancel();
    for (const exec of this.#queue.splice(0))
      this.#endUnrun(exec, { kind: "cancelled", message: "The session is closed.", sessionClosed: true });
  }

  /** Takes no more, finishes what it has accepted, then is finished. */
  leave(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#options.changed();
    this.#settle();
  }

  async request(request: SideRequest): Promise<SideReply> {
    if (request.session !== this.#session || this.#leaving) return failed(request, "the session is not here");
    this.#busyAt = Date.now();
    return this.#side.ask(request);
  }

  /** A frame of the kernel's. Throws KernelFault for whatever no kernel of ours would send now. */
  handle(frame: Frame): Promise<void> | undefined {
    if (frame.piece) return this.#runOf(undefined).piece(frame.number, frame.body);
    const json = frame.json;
    if (!this.#ready && !["ready", "pong", "broken"].includes(json.type)) throw new KernelFault(`${json.type} before ready`);
    switch (json.type) {
      case "ready":
        return this.#greeted(json);
      case "message":
        return this.#runOf(json.computation).message(json.message);
      case "file":
        return this.#runOf(json.computation).file(json);
      case "done":
        this.#done(json);
        return undefined;
      case "sessionMessage":
        return this.#sessionMessage(json);
      case "reply":
        this.#side.reply(json.id, { msg_type: json.msg_type, content: json.content, saidUpTo: this.#saidUpTo() });
        return undefined;
      case "pong":
        this.#heartbeat.pong(json.id, json.memoryBytes);
        return this.#ready ? undefined : this.#becomeReady();
      case "broken":
        throw new KernelFault(`it says that it is broken: ${json.reason}`, { words: "The sandbox failed and was ended." });
    }
  }

  /** Where memory ran out the system may have killed any process of the sandbox: what is left of the kernel is in doubt. */
  #done(frame: Extract<FromKernel, { type: "done" }>): void {
    const run = this.#runOf(frame.computation);
    const killed = this.#options.killedByMemory();
    if (killed) this.#options.log.error({ computation: run.id, kind: frame.kind }, "the memory wall killed in it");
    if (killed) this.#gone = this.#leaving = true;
    const closed = this.#session !== undefined;
    run.done(killed ? { ...frame, kind: "memory", message: memoryWords, sessionClosed: closed, stays: false } : frame);
    // At once: what the session says by itself may be the next frame.
    this.#session ??= run.stays;
  }

  #runOf(computation: string | undefined): Run {
    const run = this.#running;
    if (!run || run.over || (computation !== undefined && run.id !== computation))
      throw new KernelFault("a frame of a computation that does not run");
    return run;
  }

  /** A restored kernel's greeting may be the word of the one it is a copy of: ready is who answers. */
  #greeted({ warmUpMs, sage }: Extract<FromKernel, { type: "ready" }>): undefined {
    if (this.#greetedBy) throw new KernelFault("ready twice");
    this.#greetedBy = { warmUpMs, sage: sage.slice(0, 50) };
    this.#heartbeat.beat(Date.now(), this.#busyAt);
  }

  #becomeReady(): undefined {
    this.#ready = true;
    this.#options.log.info({ ...this.#greetedBy, startMs: Date.now() - this.#startedAt }, "kernel ready");
    this.#options.changed();
  }

  #sessionMessage({ message }: Extract<FromKernel, { type: "sessionMessage" }>): Promise<void> | undefined {
    const session = this.#session;
    if (session === undefined) throw new KernelFault("a session message without a session");
    const transcript = this.transcripts.of(session, session);
    this.#sessionOutput.count(transcript.add(message));
    return transcript.room();
  }

  #saidUpTo(): number {
    return this.#session === undefined ? 0 : this.transcripts.of(this.#session, this.#session).lastNumber;
  }

  /** To be called every `tickMs`. */
  tick(): void {
    this.transcripts.tick();
    const now = Date.now();
    const { kernel, startMs, sessionIdleMs, lifetimeMs } = this.#options;
    const [since, most] = this.#session === undefined ? [this.#startedAt, lifetimeMs] : [this.#busyAt, sessionIdleMs];
    if (!this.#ready && now - this.#startedAt > startMs) kernel.destroy(new KernelFault("it was not ready in time"));
    if (!this.#ready || this.#running || this.#queue.length > 0 || this.#leaving) return;
    if (this.#options.killedByMemory()) kernel.destroy(new KernelFault("the memory wall killed in it while nothing ran"));
    else if (now - since > most) this.leave();
    else this.#heartbeat.beat(now, this.#busyAt);
  }

  /** The kernel is gone, or destroyed for `fault`: whatever it had accepted gets its end, then the desk is finished. */
  kernelGone(fault: unknown, words: string): void {
    if (this.#gone) return;
    const { log, killedByMemory, changed } = this.#options;
    const planned = this.#leaving && !this.#running && this.#queue.length === 0;
    if (!planned) log.error({ words }, "the kernel is gone");
    this.#gone = true;
    this.#leaving = true;
    this.#side.end();
    const end: Pick<TranscriptEnd, "kind" | "message"> = killedByMemory()
      ? { kind: "memory", message: memoryWords }
      : fault instanceof KernelFault
        ? { kind: fault.kind, message: fault.words }
        : { kind: "error", message: "The sandbox ended." };
    changed();
    for (const exec of this.#queue.splice(0))
      this.#endUnrun(exec, { kind: "error", message: "The sandbox ended.", sessionClosed: true });
    if (this.#running) this.#running.end(end, this.#session !== undefined);
    else this.#settle();
  }
}
