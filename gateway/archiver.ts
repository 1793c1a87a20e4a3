/** Copies finished computations to the archive, off the hot path, and removes them from the ledger later; next: app.ts. */
import type { Archive, Finished } from "#database/archive.ts";
import type { Book, Entry } from "#gateway/book.ts";
import { lastWriter } from "#gateway/book.ts";
import type { LedgerRoom } from "#gateway/ledger-room.ts";
import type { Transcripts } from "#gateway/transcript.ts";
import type { TranscriptMessage } from "#protocol/messages.ts";
import { subjects } from "#protocol/subjects.ts";
import type { Ledger, StoredTranscriptRecord } from "#service/ledger.ts";
import type { Log } from "#service/log.ts";

/** How long the ledger keeps what the archive has, while it has room: long enough for every reader that was following it. */
export const keptAfterArchiveMs = 5 * 60_000;
/** How long it is kept in memory as well; who reads it later asks the ledger. */
const shownMs = 10_000;
/** Another gateway's finished computation is archived here when it has not been by then. */
const othersMs = 60_000;
const batchMax = 500;
const batchBytesMax = 16 * 1024 * 1024;
/** Of transcripts that wait for the archive in memory; what is beyond is read from the ledger. */
const heldBytesMax = 32 * 1024 * 1024;
/** Removals from the ledger in one pass, and at a time. */
const removalsMax = 2_000;
const removalsAtOnce = 32;
/** A commit waits for the disk, and every request of this process with it: the fewer the better, and nobody waits for the archive. */
const pauseMs = 1000;
const stopLookMs = 250;
const backOffMsMax = 10_000;

export type ArchiverParts = {
  gateway: string;
  ledger: Ledger;
  room: LedgerRoom;
  book: Book;
  transcripts: Transcripts;
  archive: Archive;
  log: Log;
  now: () => number;
};

/** A finished transcript that waits in memory for its batch. */
type Held = { bytes: number; messages: TranscriptMessage[] };

export class Archiver {
  readonly #parts: ArchiverParts;
  readonly #due = new Map<string, Held | undefined>();
  #heldBytes = 0;
  readonly #archived = new Map<string, { kernel: string | undefined; at: number }>();
  /** Archived, and still in the book: since when. */
  readonly #shown = new Map<string, number>();
  #stopping = false;
  #running: Promise<void> | undefined;

  constructor(parts: ArchiverParts) {
    this.#parts = parts;
  }

  /** Who wrote an outcome archives it; what another left is found by its age. */
  finished(entry: Entry): void {
    if (this.#archived.has(entry.id)) this.#shown.set(entry.id, this.#parts.now());
    else if (lastWriter(entry) === this.#parts.gateway) this.#due.set(entry.id, this.#hold(entry));
  }

  /** Found finished in the ledger, by whomever: the archive may have it already. */
  left(id: string): void {
    if (!this.#archived.has(id) && !this.#due.has(id)) this.#due.set(id, undefined);
  }

  /** Its transcript is in memory at this moment, where it has just ended: then the ledger need not be asked for it. */
  #hold({ id, assigned, outcome }: Entry): Held | undefined {
    const live = this.#parts.transcripts.get(id);
    const last = outcome?.outcome.lastNumber ?? 0;
    const records = live && live.kernel === assigned?.kernel ? live.kept(last) : undefined;
    if (!records) return undefined;
    const bytes = bytesOf(records);
    if (this.#heldBytes + bytes > heldBytesMax) return undefined;
    this.#heldBytes += bytes;
    return { bytes, messages: messagesOf(records, last) };
  }

  get waiting(): number {
    return this.#due.size;
  }

  start(): void {
    this.#running ??= this.#run();
  }
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    let wait = pauseMs;
    while (!this.#stopping) {
      try {
        await this.pass();
        wait = this.#due.size >= batchMax ? 0 : pauseMs;
      } catch (error) {
        // Nothing is lost: the ledger keeps what the archive has not.
        this.#parts.log.error({ error, waiting: this.#due.size }, "the archive does not take computations");
        wait = Math.min(backOffMsMax, Math.max(pauseMs, wait * 2));
      }
      for (const until = Date.now() + wait; !this.#stopping && Date.now() < until; )
        await new Promise((resolve) => setTimeout(resolve, stopLookMs));
    }
    await this.pass().catch(() => {});
  }

  /** One batch in, and what is old enough out. */
  async pass(): Promise<void> {
    const { book, archive, now } = this.#parts;
    for (const entry of book.all()) {
      // They stand about in the order in which they were asked for.
      if (now() - entry.request.at <= othersMs) break;
      if (entry.outcome && now() - entry.outcome.at > othersMs) this.left(entry.id);
    }
    const batch: Finished[] = [];
    const over: { id: string; kernel: string | undefined }[] = [];
    let bytes = 0;
    for (const [id, held] of this.#due) {
      if (over.length === batchMax || bytes > batchBytesMax) break;
      const entry = await book.find(id);
      if (!entry?.outcome) this.#settled(id);
      else {
        over.push({ id, kernel: entry.assigned?.kernel });
        const has = lastWriter(entry) !== this.#parts.gateway && (await archive.get(id)) !== undefined;
        const whole = has ? undefined : await this.#whole(entry, held);
        if (whole) batch.push(whole.finished);
        bytes += whole?.bytes ?? 0;
      }
    }
    if (batch.length > 0) await archive.put(batch);
    for (const { id, kernel } of over) {
      this.#settled(id);
      this.#archived.set(id, { kernel, at: now() });
      this.#shown.set(id, now());
    }
    for (const [id, at] of this.#shown) {
      if (now() - at < shownMs) break; // they stand in the order of their times
      book.forget(id);
      this.#shown.delete(id);
    }
    await this.#remove();
  }

  #settled(id: string): void {
    this.#heldBytes -= this.#due.get(id)?.bytes ?? 0;
    this.#due.delete(id);
  }

  async #remove(): Promise<void> {
    const { ledger, room, book, now } = this.#parts;
    const old: [string, string | undefined][] = [];
    // The older half at once: the next pass sees whether that was enough.
    const hurried = room.short ? Math.ceil(this.#archived.size / 2) : 0;
    for (const [id, { kernel, at }] of this.#archived) {
      if ((now() - at < keptAfterArchiveMs && old.length >= hurried) || old.length === removalsMax) break;
      old.push([id, kernel]);
    }
    const next = old.values();
    const remover = async () => {
      for (const [id, kernel] of next) {
        await ledger.remove(subjects.computation(id), kernel === undefined ? undefined : { kernel, id });
        book.forget(id);
        this.#archived.delete(id);
      }
    };
    await Promise.all(Array.from({ length: Math.min(removalsAtOnce, old.length) }, remover));
  }

  async #whole(entry: Entry, held: Held | undefined): Promise<{ finished: Finished; bytes: number }> {
    const { request, assigned, outcome } = entry;
    if (!outcome) throw new Error("only finished computations are archived");
    const last = outcome.outcome.lastNumber;
    if (held) return { finished: { request, outcome, messages: held.messages }, bytes: held.bytes };
    const records = assigned && last > 0 ? await this.#parts.ledger.transcript(assigned.kernel, entry.id, 0) : [];
    return { finished: { request, outcome, messages: messagesOf(records, last) }, bytes: bytesOf(records) };
  }
}

const messagesOf = (records: readonly StoredTranscriptRecord[], last: number): TranscriptMessage[] =>
  records.flatMap(({ record }) => (record.record === "message" && record.number <= last ? [record.message] : []));
const bytesOf = (records: readonly StoredTranscriptRecord[]): number => records.reduce((sum, { bytes }) => sum + bytes, 0);
