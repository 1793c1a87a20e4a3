/**
 * One computation at the kernel: told to run, its frames checked and passed on, its files sent, ended exactly once; next: desk.ts.
 *
 *     begin ──inputs fetched──▶ running ──done──▶ over         whatever comes first: done, the wall, the kernel's end
 */
import { bounds } from "#agent/bounds.ts";
import { fetchInput, sendOutput, type Transfer } from "#agent/files.ts";
import { KernelFault } from "#agent/frames.ts";
import type { Kernel } from "#agent/kernel.ts";
import { Spool } from "#agent/spool.ts";
import type { Transcript } from "#agent/transcript.ts";
import type { FileEntry } from "#protocol/computation.ts";
import type { ExecRequest } from "#protocol/exec.ts";
import { filePathFault } from "#protocol/file-path.ts";
import type { FromKernel } from "#protocol/kernel-frames.ts";
import type { KernelMessage, TranscriptEnd } from "#protocol/messages.ts";
import type { Log } from "#service/log.ts";

export type RunParts = { kernel: Kernel; transcript: Transcript; spoolDirectory: string; log: Log };
type FileFrame = Extract<FromKernel, { type: "file" }>;
type DoneFrame = Extract<FromKernel, { type: "done" }>;
/** A file that the kernel is sending. Without a spool it is refused, and its bytes fall on the floor. */
type Incoming = FileFrame & { received: number; spool: Spool | undefined };

export class Run {
  over = false;
  readonly ended: Promise<void>;
  /** The session ended with it. */
  sessionClosed = false;
  /** Its kernel is this session's from now on. */
  stays: string | undefined;
  readonly exec: ExecRequest;
  readonly #parts: RunParts;
  readonly #startedAt = Date.now();
  #resolveEnded: () => void = () => undefined;
  #toldAt: number | undefined;
  #cancels = 0;
  #deadline = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #messages = 0;
  #bytes = 0;
  #incoming: Incoming | undefined;
  #files: FileEntry[] = [];
  #fileCount = 0;
  #fileBytes = 0;
  #refusedFiles = 0;
  #sendingSince: number | undefined;
  #sendingMs = 0;

  constructor(exec: ExecRequest, parts: RunParts) {
    this.exec = exec;
    this.#parts = parts;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  get id(): string {
    return this.exec.computation.id;
  }

  /** Fetches the inputs and tells the kernel. Never rejects: what goes wrong is the computation's end. */
  async begin(mode: "oneShot" | "session"): Promise<void> {
    const spools: Spool[] = [];
    try {
      if (this.exec.computation.files.length > 0) await this.#fetch(spools);
      if (this.over) return;
      if (this.#cancels > 0) return this.end({ kind: "cancelled", message: "Cancelled before it began." });
      await this.#tell(mode, spools);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#parts.log.error({ computation: this.id, reason }, "could not begin");
      if (this.#toldAt === undefined) this.end({ kind: "error", message: "Its input could not be brought to the sandbox." });
      else this.#parts.kernel.destroy(new KernelFault(`half told: ${reason}`, { words: "Its input files broke off." }));
    } finally {
      await Promise.all(spools.map((spool) => spool.remove()));
    }
  }

  async #fetch(spools: Spool[]): Promise<void> {
    const transfer = this.#transfer(Date.now() + bounds.uploadMs);
    for (const file of this.exec.computation.files) spools.push(await fetchInput(transfer, file, this.#parts.spoolDirectory));
  }

  async #tell(mode: "oneShot" | "session", spools: Spool[]): Promise<void> {
    const { files, ...computation } = this.exec.computation;
    const announced = files.map(({ path, size }, number) => ({ number, path, size }));
    this.#parts.kernel.send({ type: "execute", computation, mode, files: announced });
    this.#toldAt = Date.now();
    this.#wallAt(Date.now() + computation.limits.wallMs + bounds.wallGraceMs);
    for (const [number, spool] of spools.entries())
      for await (const chunk of spool.read()) await this.#parts.kernel.sendPiece(number, chunk as Buffer);
  }

  /** A message of the kernel's. The promise, if there is one, is open until the ledger has made room. */
  message(message: KernelMessage): Promise<void> | undefined {
    if (this.over) return undefined;
    const { outputMessages, outputBytes } = this.exec.computation.limits;
    this.#messages++;
    this.#bytes += this.#parts.transcript.add(message);
    const bytesMax = outputBytes * bounds.outputFactor + bounds.outputSlackBytes + outputMessages * bounds.messageFrameBytes;
    if (this.#messages > outputMessages + bounds.outputSlackMessages || this.#bytes > bytesMax)
      throw new KernelFault("it exceeded a computation's output", { kind: "outputLimit", words: "It printed too much." });
    return this.#parts.transcript.room();
  }

  /** A file is announced; its pieces follow. One at a time. */
  file(frame: FileFrame): Promise<void> | undefined {
    if (this.over) return undefined;
    if (this.#incoming) throw new KernelFault("a file within a file");
    const fault = this.#refusal(frame);
    if (fault === undefined) {
      this.#fileCount++;
      this.#fileBytes += frame.size;
    } else if (++this.#refusedFiles > bounds.refusedFilesMax) throw new KernelFault("too many files");
    else if (this.#refusedFiles === 1) this.#note(`A file is left out: ${fault}.`);
    this.#incoming = {
      ...frame,
      received: 0,
      spool: fault === undefined ? new Spool(this.#parts.spoolDirectory) : undefined,
    };
    return frame.size === 0 ? this.#received(this.#incoming) : undefined;
  }

  /** The kernel collects within these limits; whoever got past it meets them again here. */
  #refusal(frame: FileFrame): string | undefined {
    const { uploadFiles, uploadBytes } = this.exec.computation.limits;
    if (this.#fileCount >= uploadFiles) return `more than ${uploadFiles} files`;
    if (this.#fileBytes + frame.size > uploadBytes) return `more than ${uploadBytes} bytes`;
    return filePathFault(frame.path);
  }

  async piece(number: number, body: Buffer): Promise<void> {
    if (this.over) return;
    const incoming = this.#incoming;
    if (incoming?.number !== number) throw new KernelFault("a piece of no file");
    incoming.received += body.length;
    if (incoming.received > incoming.size) throw new KernelFault("a file larger than announced");
    await incoming.spool?.write(body);
    if (incoming.received === incoming.size) await this.#received(incoming);
  }

  async #received(incoming: Incoming): Promise<void> {
    this.#incoming = undefined;
    const { spool, path, size, number } = incoming;
    if (spool) {
      this.#sendingSince = Date.now();
      try {
        await sendOutput(this.#transfer(this.#sendingSince + bounds.uploadMs - this.#sendingMs), path, spool);
        if (!incoming.shown) this.#files.push({ path, size, sha256: spool.sha256() });
      } catch (error) {
        this.#parts.log.warn({ computation: this.id, reason: String(error) }, "a file was not stored");
        this.#note("A file could not be stored and is left out.");
      } finally {
        this.#sendingMs += Date.now() - this.#sendingSince;
        this.#sendingSince = undefined;
        await spool.remove();
      }
    }
    this.#parts.kernel.send({ type: "fileTaken", computation: this.id, number });
  }

  #note(text: string): void {
    if (this.over) return;
    this.#parts.transcript.add({ msg_type: "stream", content: { name: "stderr", text: `${text}\n` }, metadata: {} });
  }

  done(frame: DoneFrame): void {
    if (this.over) return;
    if (this.#incoming) this.#note("A file broke off and is left out.");
    const end = { kind: frame.kind, message: frame.message.slice(0, 2000), usage: frame.usage };
    if (frame.stays) this.stays = this.exec.computation.staySession;
    if (frame.stays && this.stays === undefined) throw new KernelFault("it stays where nobody wants it");
    this.end(end, frame.sessionClosed);
  }

  /** The second time while it is being cancelled the kernel does not wait for its code; more change nothing. */
  cancel(): void {
    if (this.over || this.#cancels === 2) return;
    this.#cancels++;
    if (this.#toldAt === undefined) return;
    this.#parts.kernel.send({ type: "cancel", computation: this.id });
    this.#wallAt(Math.min(this.#deadline, Date.now() + bounds.cancelMs));
  }

  interrupt(): void {
    if (this.#toldAt !== undefined && !this.over) this.#parts.kernel.send({ type: "interrupt", computation: this.id });
  }

  input(value: string): void {
    if (this.#toldAt !== undefined && !this.over) this.#parts.kernel.send({ type: "input", computation: this.id, value });
  }

  /** The first end counts; the others are not heard. */
  end(end: Pick<TranscriptEnd, "kind" | "message" | "usage">, sessionClosed = false): void {
    if (this.over) return;
    this.over = true;
    this.sessionClosed = sessionClosed;
    clearTimeout(this.#timer);
    void this.#incoming?.spool?.remove();
    const endedAt = Date.now();
    const times = { acceptedAt: this.#startedAt, toldAt: this.#toldAt ?? endedAt, endedAt };
    const more = { ...(this.exec.traced ? { times } : {}), ...(this.stays && { stays: true }) };
    this.#parts.transcript.end({ ...end, ...more, files: this.#files, sessionClosed });
    const wallMs = endedAt - this.#startedAt;
    const { lastNumber } = this.#parts.transcript;
    const log = { computation: this.id, kind: end.kind, wallMs, records: lastNumber, files: this.#files.length };
    this.#parts.log.info(log, "computation over");
    this.#resolveEnded();
  }

  #transfer(deadline: number): Transfer {
    return { grant: this.exec.grant, computation: this.id, deadline };
  }

  /** The time limit seen from outside. Sending files does not count, but has its own end. */
  #wallAt(deadline: number): void {
    this.#deadline = deadline;
    clearTimeout(this.#timer);
    const sending = this.#sendingMs + (this.#sendingSince === undefined ? 0 : bounds.uploadMs - this.#sendingMs);
    this.#timer = setTimeout(() => this.#wall(), Math.max(0, deadline + sending - Date.now()));
  }

  #wall(): void {
    const sending = this.#sendingSince === undefined ? this.#sendingMs : bounds.uploadMs;
    if (Date.now() < this.#deadline + sending) {
      this.#wallAt(this.#deadline);
      return;
    }
    const cancelled = this.#cancels > 0;
    const fault = cancelled
      ? new KernelFault("it did not cancel", { words: "Cancelled; the sandbox did not stop by itself." })
      : new KernelFault("it did not keep the time limit", { kind: "timeout", words: "It reached its time limit." });
    const kind = cancelled ? "cancelled" : fault.kind;
    this.end({ kind, message: fault.words }, this.exec.computation.sessionId !== undefined);
    this.#parts.kernel.destroy(fault);
  }
}
