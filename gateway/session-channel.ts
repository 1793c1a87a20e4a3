/** What a session asks and says beside its computations: completion, help, comms, moved sliders; next: kernel-link.ts. */
import type { Changes } from "#gateway/changes.ts";
import type { KernelLink } from "#gateway/kernel-link.ts";
import type { SessionKernels } from "#gateway/session-kernels.ts";
import type { Transcript, Transcripts } from "#gateway/transcript.ts";
import type { SessionRecord } from "#protocol/computation.ts";
import type { SideReply, SideRequest } from "#protocol/exec.ts";
import { Failure } from "#protocol/failures.ts";
import type { TranscriptMessage } from "#protocol/messages.ts";
import type { Ledger, Stored, StoredTranscriptRecord } from "#service/ledger.ts";

export type SessionChannelParts = {
  ledger: Ledger;
  sessionKernels: SessionKernels;
  link: KernelLink;
  transcripts: Transcripts;
  changes: Changes;
  timeLimitMsMax: number;
};
export type SessionPage = { messages: TranscriptMessage[]; state: "open" | "closed" };

const pageMessagesMax = 500;
const pageBytesMax = 1024 * 1024;
/** Longer than a long poll, which holds nothing while its client reads. */
const lingerMs = 45_000;

export class SessionChannel {
  readonly #parts: SessionChannelParts;
  readonly #followed = new Map<string, { transcript: Transcript; timer: NodeJS.Timeout }>();

  constructor(parts: SessionChannelParts) {
    this.#parts = parts;
  }

  /** See Sessions.request. `kernel`: the session's, undefined while it has none. */
  async request(kernel: string | undefined, request: Omit<SideRequest, "replyTo">): Promise<SideReply> {
    if (kernel === undefined) throw new Failure("notStarted");
    const reply = await this.#parts.link.request(kernel, request, this.#parts.timeLimitMsMax);
    if (reply === "nobody") throw new Failure("sessionClosed", { detail: "The session's kernel is gone." });
    if (reply === "silence") throw new Failure("unavailable", { detail: "The session's kernel does not answer." });
    return reply;
  }

  /** See Sessions.read. `records`: all that the ledger has of the session itself. */
  async read(id: string, records: readonly Stored<SessionRecord>[], since: number): Promise<SessionPage> {
    const state = records.at(-1)?.record.step === "closed" ? "closed" : "open";
    const kernel = records.flatMap(({ record }) => (record.step === "assigned" ? [record.kernel] : [])).at(-1);
    if (kernel === undefined) return { messages: [], state };
    const followed = this.#followed.get(id)?.transcript;
    const stored = followed ? await followed.above(since) : await this.#parts.ledger.transcript(kernel, id, since);
    return { messages: firstPage(stored), state };
  }

  /** See Sessions.changed. Nothing can be missed: it listens first and looks then. */
  async changed(id: string, since: number, options: { waitMs: number; signal: AbortSignal }): Promise<void> {
    const { sessionKernels, changes } = this.#parts;
    const looked = new AbortController();
    const news = changes.wait(id, { ms: options.waitMs, signal: AbortSignal.any([options.signal, looked.signal]) });
    try {
      const kernel = await sessionKernels.kernelOf(id);
      if (kernel === "closed") return;
      if (kernel !== undefined && (await this.#follow(kernel, id)).last > since) return;
      await news;
    } finally {
      looked.abort();
    }
  }

  /** Goes on following for a while after its last reader, so that one who comes again is answered from memory. */
  async #follow(kernel: string, id: string): Promise<Transcript> {
    let followed = this.#followed.get(id);
    if (!followed) {
      const transcript = await this.#parts.transcripts.start({ kernel, id }, { fresh: false });
      const raced = this.#followed.get(id);
      if (raced) this.#parts.transcripts.release(transcript);
      followed = raced ?? { transcript, timer: setTimeout(() => this.#leave(id), lingerMs).unref() };
      this.#followed.set(id, followed);
    }
    followed.timer.refresh();
    return followed.transcript;
  }

  #leave(id: string): void {
    const followed = this.#followed.get(id);
    this.#followed.delete(id);
    if (followed) this.#parts.transcripts.release(followed.transcript);
  }
}

function firstPage(stored: readonly StoredTranscriptRecord[]): TranscriptMessage[] {
  const messages: TranscriptMessage[] = [];
  let size = 0;
  for (const { record, bytes } of stored) {
    if (record.record !== "sessionMessage") break;
    if (messages.length > 0 && (size + bytes > pageBytesMax || messages.length >= pageMessagesMax)) break;
    messages.push(record.message);
    size += bytes;
  }
  return messages;
}
