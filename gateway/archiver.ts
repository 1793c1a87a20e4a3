/** Copies finished computations to the archive, off the hot path, and removes them from the ledger later; next: app.ts. */
import type { Archive, Finished } from "#database/archive.ts";
import type { Book, Entry } from "#gateway/book.ts";
import { lastWriter } from "#gateway/book.ts";
import type { Transcripts } from "#gateway/transcript.ts";
import { subjects } from "#protocol/subjects.ts";
import type { Ledger } from "#service/ledger.ts";
import type { Log } from "#service/log.ts";

/** How long the ledger keeps what the archive has: long enough for every reader that was following it. */
export const keptAfterArchiveMs = 5 * 60_000;
/** Another gateway's finished computation is archived here when it has not been by then. */
const othersMs = 60_000;
const batchMax = 100;
/** A commit waits for the disk, and every request of this process with it: the fewer the better, and nobody waits for the archive. */
const pauseMs = 1000;
const stopLookMs = 250;
const backOffMsMax = 10_000;

export type ArchiverParts = {
  gateway: string;
  ledger: Ledger;
  book: Book;
  transcripts: Transcripts;
  archive: Archive;
  log: Log;
  now: () => number;
};

export class Archiver {
  readonly #parts: ArchiverParts;
  readonly #due = new Set<string>();
  readonly #archived = new Map<string, { kernel: string | undefined; at: number }>();
  #stopping = false;
  #running: Promise<void> | undefined;

  constructor(parts: ArchiverParts) {
    this.#parts = parts;
  }

  /** Who wrote an outcome archives it; what another left is found by its age. */
  finished(entry: Entry): void {
    if (lastWriter(entry) === this.#parts.gateway) this.#due.add(entry.id);
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
        wait = pauseMs;
      } catch (error) {
        // Nothing is lost: the ledger keeps what the archive has not.
        this.#parts.log.error({ error, waiting: this.#due.size }, "the archive does not take computations");
        wait = Math.min(backOffMsMax, wait * 2);
      }
      for (const until = Date.now() + wait; !this.#stopping && Date.now() < until; )
        await new Promise((resolve) => setTimeout(resolve, stopLookMs));
    }
    await this.pass().catch(() => {});
  }

  /** One batch in, and what is old enough out. */
  async pass(): Promise<void> {
    const { book, archive, now, ledger } = this.#parts;
    for (const entry of book.all())
      if (entry.outcome && !this.#archived.has(entry.id) && now() - entry.outcome.at > othersMs) this.#due.add(entry.id);
    const batch: Finished[] = [];
    const entries: Entry[] = [];
    for (const id of this.#due) {
      const entry = await book.find(id);
      if (!entry?.outcome) this.#due.delete(id);
      else {
        entries.push(entry);
        batch.push(await this.#whole(entry));
      }
      if (batch.length === batchMax) break;
    }
    if (batch.length > 0) await archive.put(batch);
    for (const entry of entries) {
      this.#due.delete(entry.id);
      this.#archived.set(entry.id, { kernel: entry.assigned?.kernel, at: now() });
    }
    for (const [id, { kernel, at }] of this.#archived) {
      if (now() - at < keptAfterArchiveMs) break; // they stand in the order of their times
      await ledger.remove(subjects.computation(id), kernel === undefined ? undefined : { kernel, id });
      book.forget(id);
      this.#archived.delete(id);
    }
  }

  async #whole(entry: Entry): Promise<Finished> {
    const { transcripts, ledger } = this.#parts;
    const { request, assigned, outcome } = entry;
    if (!outcome) throw new Error("only finished computations are archived");
    const last = outcome.outcome.lastNumber;
    const live = transcripts.get(entry.id);
    const records =
      !assigned || last === 0
        ? []
        : live && live.last >= last
          ? await live.above(0)
          : await ledger.transcript(assigned.kernel, entry.id, 0);
    const messages = records.flatMap(({ record }) =>
      record.record === "message" && record.number <= last ? [record.message] : [],
    );
    return { request, outcome, messages };
  }
}
