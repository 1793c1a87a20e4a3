/** What a client reads of a computation, wherever it is: followed here, in the ledger, or in the archive; next: page-pace.ts. */
import type { Archive } from "#database/archive.ts";
import { type Book, type Entry, stateOf } from "#gateway/book.ts";
import type { Changes } from "#gateway/changes.ts";
import type { Page, State, View } from "#gateway/core.ts";
import { PagePace, pageBounds } from "#gateway/page-pace.ts";
import type { Transcripts } from "#gateway/transcript.ts";
import type { Outcome, RequestRecord } from "#protocol/computation.ts";
import { Failure } from "#protocol/failures.ts";
import type { TranscriptMessage } from "#protocol/messages.ts";
import type { Ledger, StoredTranscriptRecord } from "#service/ledger.ts";

/** Of how many finished transcripts the place is remembered up to which they were read. */
const placesMax = 2_000;

export type ReadingParts = {
  ledger: Ledger;
  book: Book;
  transcripts: Transcripts;
  changes: Changes;
  archive: Archive;
  position: (id: string) => number | undefined;
};

export class Reading {
  readonly #parts: ReadingParts;

  /** How far a transcript that is no longer followed was read last, and where that is in the ledger. */
  readonly #places = new Map<string, { number: number; sequence: number }>();

  readonly #pace = new PagePace();

  constructor(parts: ReadingParts) {
    this.#parts = parts;
  }

  /** The ledger, the archive, and the ledger again: it may move from one to the other in between. */
  async find(id: string): Promise<Entry | { archived: { request: RequestRecord; outcome: Outcome } }> {
    const { book, archive } = this.#parts;
    const entry = await book.find(id);
    if (entry) return entry;
    const archived = await archive.get(id);
    if (archived) return { archived: { request: archived.request, outcome: archived.outcome.outcome } };
    const again = await book.find(id);
    if (!again) throw new Failure("notFound", { detail: "No computation has this id (any more)." });
    return again;
  }

  async view(id: string): Promise<View> {
    const found = await this.find(id);
    if ("archived" in found) return viewOf(found.archived.request, { state: "finished", outcome: found.archived.outcome });
    return viewOf(found.request, {
      state: stateOf(found),
      outcome: found.outcome?.outcome ?? null,
      position: this.#parts.position(id),
    });
  }

  async read(id: string, since: number): Promise<Page> {
    const found = await this.find(id);
    if ("archived" in found) return this.#archivedPage(id, since, found.archived.outcome);
    const records = await this.#records(found, since);
    // Looked at after the records: an outcome says which of them count, and is never shown without them.
    const entry = this.#parts.book.get(id) ?? found;
    const outcome = entry.outcome?.outcome ?? null;
    const last = outcome?.lastNumber ?? Number.POSITIVE_INFINITY;
    // Where the ledger is short of room, another gateway may have moved it to the archive by now.
    if (outcome && records.length === 0 && since < last && (await this.#parts.archive.get(id)))
      return this.#archivedPage(id, since, outcome);
    const { messages, bytes } = firstPage(records, last);
    const pauseMs = this.#pace.take(id, bytes);
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    this.#remember(id, records[messages.length - 1]);
    const upTo = messages.at(-1)?.number ?? since;
    return {
      messages,
      state: stateOf(entry),
      outcome,
      complete: outcome !== null && upTo >= last,
      ...(entry.assigned ? {} : { position: this.#parts.position(id) }),
    };
  }

  async #records(entry: Entry, since: number): Promise<StoredTranscriptRecord[]> {
    if (!entry.assigned) return [];
    const live = this.#parts.transcripts.get(entry.id);
    const last = entry.outcome?.outcome.lastNumber;
    if (live?.kernel === entry.assigned.kernel && (last === undefined || live.last >= last))
      return live.above(since, pageBounds.bytesMax);
    if (last !== undefined && since >= last) return [];
    const place = this.#places.get(entry.id);
    const from = place?.number === since ? place.sequence : undefined;
    return this.#parts.ledger.transcript(entry.assigned.kernel, entry.id, since, { from, bytesMax: pageBounds.bytesMax });
  }

  #remember(id: string, shown: StoredTranscriptRecord | undefined): void {
    if (shown?.sequence === undefined) return;
    this.#places.delete(id);
    this.#places.set(id, { number: shown.record.number, sequence: shown.sequence });
    if (this.#places.size > placesMax) this.#places.delete(this.#places.keys().next().value ?? "");
  }

  async #archivedPage(id: string, since: number, outcome: Outcome): Promise<Page> {
    const messages = since < outcome.lastNumber ? await this.#parts.archive.messages(id, since, 200) : [];
    const upTo = messages.at(-1)?.number ?? since;
    return { messages, state: "finished", outcome, complete: upTo >= outcome.lastNumber };
  }

  /** See Computations.changed. Nothing can be missed: it looks again once it waits. */
  async changed(id: string, since: number, options: { waitMs: number; signal: AbortSignal; state: State }): Promise<void> {
    const { book, transcripts, changes } = this.#parts;
    const entry = book.get(id);
    if (!entry || stateOf(entry) !== options.state || entry.outcome) return;
    const follow = entry.assigned
      ? await transcripts.start({ kernel: entry.assigned.kernel, id }, { fresh: false })
      : undefined;
    try {
      if (follow && follow.last > since && !follow.end) return;
      const now = book.get(id);
      if (!now || stateOf(now) !== options.state) return;
      await changes.wait(id, { ms: options.waitMs, signal: options.signal });
    } finally {
      if (follow) transcripts.release(follow);
    }
  }
}

function firstPage(records: readonly StoredTranscriptRecord[], last: number): { messages: TranscriptMessage[]; bytes: number } {
  const messages: TranscriptMessage[] = [];
  let bytes = 0;
  for (const { record, bytes: size } of records) {
    if (record.record !== "message" || record.number > last) break;
    if (messages.length > 0 && (bytes + size > pageBounds.bytesMax || messages.length >= pageBounds.messagesMax)) break;
    messages.push(record.message);
    bytes += size;
  }
  return { messages, bytes };
}

function viewOf(request: RequestRecord, now: { state: State; outcome: Outcome | null; position?: number | undefined }): View {
  const { computation, at } = request;
  return {
    id: computation.id,
    language: computation.language,
    createdAt: new Date(at).toISOString(),
    limits: computation.limits,
    ...(computation.sessionId === undefined ? {} : { sessionId: computation.sessionId }),
    ...now,
  };
}
