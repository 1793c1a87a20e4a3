/** How a running computation comes to its one outcome: its kernel's own end, or the kernel's destruction; next: session-kernels.ts. */

import type { Book, Entry } from "#gateway/book.ts";
import type { Changes } from "#gateway/changes.ts";
import type { FreeKernels } from "#gateway/free-kernels.ts";
import type { KernelLink } from "#gateway/kernel-link.ts";
import type { SessionKernels } from "#gateway/session-kernels.ts";
import type { Traces } from "#gateway/traces.ts";
import type { Transcript } from "#gateway/transcript.ts";
import type { ComputationRecord, Outcome } from "#protocol/computation.ts";
import type { TranscriptEnd } from "#protocol/messages.ts";

/** A kernel whose cancel does not show in its transcript by then is destroyed. */
const cancelMsMax = 8_000;

export type EndingParts = {
  gateway: string;
  book: Book;
  changes: Changes;
  kernels: FreeKernels;
  link: KernelLink;
  sessionKernels: SessionKernels;
  /** Only where computations are traced. */
  traces?: Pick<Traces, "begin" | "finished"> | undefined;
  now: () => number;
};

export class Endings {
  readonly #parts: EndingParts;
  readonly #cancelBy = new Map<string, number>();

  constructor(parts: EndingParts) {
    this.#parts = parts;
  }

  /** Asks the kernel to stop it; by force if that does not show. Asked again, the kernel kills it at once. */
  askToCancel(entry: Entry, kernel: string): void {
    this.#parts.link.control(kernel, { control: "cancel", computation: entry.id });
    if (!this.#cancelBy.has(entry.id)) this.#cancelBy.set(entry.id, this.#parts.now() + cancelMsMax);
    this.#parts.changes.notify(entry.id);
  }

  forget(id: string): void {
    this.#cancelBy.delete(id);
  }

  /** Waits for the end that the kernel reports, or for the moment at which it cannot come any more. */
  async watch(entry: Entry, transcript: Transcript): Promise<void> {
    const { book, changes, kernels, now } = this.#parts;
    const endBy = entry.assigned?.endBy ?? 0;
    for (;;) {
      const current = book.get(entry.id);
      if (!current || current.outcome) return;
      if (transcript.end) return this.#asReported(current, transcript);
      if (now() > (this.#cancelBy.get(entry.id) ?? Number.POSITIVE_INFINITY))
        return this.lose(current, transcript, plain("cancelled", "Cancelled; its kernel had to be destroyed."));
      if (now() > endBy)
        return this.lose(current, transcript, plain("timeout", "Stopped at its time limit; its kernel had to be destroyed."));
      if (kernels.isGone(transcript.kernel)) return this.lose(current, transcript, plain("lost", "Its kernel is gone."));
      await changes.wait(entry.id, { ms: Math.max(10, Math.min(1000, endBy - now())) });
    }
  }

  async #asReported(entry: Entry, transcript: Transcript): Promise<void> {
    if (!transcript.end) return;
    const { sessionClosed, stays, times, ...outcome } = transcript.end;
    const { staySession } = entry.request.computation;
    if (stays && staySession !== undefined)
      return this.#stay(entry, transcript.kernel, { outcome: { ...outcome, sessionId: staySession }, times });
    await this.finish(entry, outcome, times);
    if (sessionClosed) await this.#closeSession(entry, outcome.message || "Its kernel is gone.");
  }

  /** The session is there before anybody hears of it; one of which nobody will hear is closed. */
  async #stay(
    entry: Entry,
    kernel: string,
    { outcome, times }: { outcome: Outcome & { sessionId: string }; times: TranscriptEnd["times"] },
  ): Promise<void> {
    const { sessionKernels, link, book } = this.#parts;
    const { pool, client } = entry.request;
    await sessionKernels.stay(outcome.sessionId, { kernel, pool, client });
    if (await this.finish(entry, outcome, times)) return;
    if (book.get(entry.id)?.outcome?.outcome.sessionId === outcome.sessionId) return;
    await sessionKernels.close(outcome.sessionId, "Its computation ended in another way.");
    link.control(kernel, { control: "closeSession", session: outcome.sessionId });
  }

  /** Destroys the kernel, then says how it ended with what the ledger has; an end that came meanwhile wins. */
  async lose(entry: Entry, transcript: Transcript, otherwise: Outcome): Promise<void> {
    const { link, kernels, book } = this.#parts;
    const { kernel } = transcript;
    await link.condemn(entry.request.pool, { kernel, reason: otherwise.message });
    kernels.forget(kernel);
    await transcript.catchUp();
    const current = book.get(entry.id) ?? entry;
    if (transcript.end) await this.#asReported(current, transcript);
    else await this.finish(current, { ...otherwise, lastNumber: transcript.last });
    await this.#closeSession(entry, otherwise.message);
  }

  async #closeSession(entry: Entry, reason: string): Promise<void> {
    const { sessionId, staySession } = entry.request.computation;
    const session = sessionId ?? staySession;
    if (session !== undefined) await this.#parts.sessionKernels.close(session, reason);
  }

  /** Appends the outcome; false when another record came first. */
  async finish(entry: Entry, outcome: Outcome, times?: TranscriptEnd["times"]): Promise<boolean> {
    const record: ComputationRecord = { step: "outcome", at: this.#parts.now(), writer: this.#parts.gateway, outcome };
    const finished = await this.append(entry, record);
    if (finished) this.#parts.traces?.finished(finished, { times, usage: outcome.usage });
    return finished !== undefined;
  }

  /** The entry with `record` appended, or undefined when another's record came first (the book then knows it). */
  async append(entry: Entry, record: ComputationRecord): Promise<Entry | undefined> {
    const { book } = this.#parts;
    // Looked up anew after a wait it may be another gateway's by now: its last sequence would admit a second outcome.
    if (entry.outcome) return undefined;
    return (await book.append(entry.id, record, entry.sequence)) ? book.get(entry.id) : undefined;
  }
}

export const plain = (kind: Outcome["kind"], message: string): Outcome => ({ kind, message, lastNumber: 0, files: [] });
