/** What a session asks and says beside its computations: completion, help, comms, moved sliders; next: kernel-link.ts. */
import type { Changes } from "#gateway/changes.ts";
import type { KernelLink } from "#gateway/kernel-link.ts";
import type { SessionKernels } from "#gateway/session-kernels.ts";
import type { Transcripts } from "#gateway/transcript.ts";
import type { SideReply, SideRequest } from "#protocol/exec.ts";
import { Failure } from "#protocol/failures.ts";
import type { TranscriptMessage } from "#protocol/messages.ts";
import type { Ledger, StoredTranscriptRecord } from "#service/ledger.ts";

export type SessionChannelParts = {
  ledger: Ledger;
  sessionKernels: SessionKernels;
  link: KernelLink;
  transcripts: Transcripts;
  changes: Changes;
};
export type SessionPage = { messages: TranscriptMessage[]; state: "open" | "closed" };

const pageMessagesMax = 500;
const pageBytesMax = 1024 * 1024;

export class SessionChannel {
  readonly #parts: SessionChannelParts;

  constructor(parts: SessionChannelParts) {
    this.#parts = parts;
  }

  /** See Sessions.request. */
  async request(id: string, request: Omit<SideRequest, "replyTo" | "session">): Promise<SideReply> {
    const kernel = await this.#parts.sessionKernels.kernelOf(id);
    if (kernel === undefined) throw new Failure("notStarted");
    if (kernel === "closed") throw new Failure("sessionClosed");
    const reply = await this.#parts.link.request(kernel, { ...request, session: id });
    if (reply === "nobody") throw new Failure("sessionClosed", { detail: "The session's kernel is gone." });
    if (reply === "silence") throw new Failure("unavailable", { detail: "The session's kernel does not answer." });
    return reply;
  }

  /** See Sessions.read. */
  async read(id: string, since: number): Promise<SessionPage> {
    const { sessionKernels, transcripts, ledger } = this.#parts;
    const records = await sessionKernels.records(id);
    const state = records.at(-1)?.record.step === "closed" ? "closed" : "open";
    const kernel = records.flatMap(({ record }) => (record.step === "assigned" ? [record.kernel] : [])).at(-1);
    if (kernel === undefined) return { messages: [], state };
    const live = transcripts.get(id);
    const stored = live?.kernel === kernel ? await live.above(since) : await ledger.transcript(kernel, id, since);
    return { messages: firstPage(stored), state };
  }

  /** See Sessions.changed. Nothing can be missed: it looks again once it follows. */
  async changed(id: string, since: number, options: { waitMs: number; signal: AbortSignal }): Promise<void> {
    const { sessionKernels, transcripts, changes } = this.#parts;
    const kernel = await sessionKernels.kernelOf(id);
    if (kernel === "closed") return;
    const follow = kernel === undefined ? undefined : await transcripts.start({ kernel, id }, { fresh: false });
    try {
      if (follow && follow.last > since && !follow.end) return;
      await changes.wait(id, { ms: options.waitMs, signal: options.signal });
    } finally {
      if (follow) transcripts.release(follow);
    }
  }
}

function firstPage(stored: readonly StoredTranscriptRecord[]): TranscriptMessage[] {
  const messages: TranscriptMessage[] = [];
  let size = 0;
  for (const { record, bytes } of stored) {
    if (record.record !== "message") break;
    if (messages.length > 0 && (size + bytes > pageBytesMax || messages.length >= pageMessagesMax)) break;
    messages.push(record.message);
    size += bytes;
  }
  return messages;
}
