/** The archive of finished computations, written once on the edge; next: documents.ts. */
import { z } from "zod";
import { type Collection, type Database, type Documents, limits } from "#database/documents.ts";
import {
  computationId,
  type OutcomeRecord,
  outcomeKind,
  outcomeRecord,
  type RequestRecord,
  requestRecord,
} from "#protocol/computation.ts";
import { type TranscriptMessage, transcriptMessage } from "#protocol/messages.ts";

// What users wrote is kept as JSON text: their names and strings may be such that a database would change or refuse them, and an
// archived message goes out again as it came.
const computationDocument = z.object({
  _id: computationId,
  client: z.string(),
  kind: outcomeKind,
  requestedAt: z.int(),
  finishedAt: z.int(),
  expiresAt: z.int(),
  lastNumber: z.int(),
  request: z.string(),
  outcome: z.string(),
});
type ComputationDocument = z.infer<typeof computationDocument>;

const messageDocument = z.object({
  _id: z.string(),
  computation: computationId,
  number: z.int().positive(),
  message: z.string(),
});
type MessageDocument = z.infer<typeof messageDocument>;

/** Expires by `expiresAt`; `Archive.expire` is the one who does it, and a computation's messages and files go with it. */
export const archivedComputations: Collection<ComputationDocument> = {
  name: "archive",
  schema: computationDocument,
  indexes: { byClient: ["client", "requestedAt"], byExpiry: ["expiresAt"] },
};

/** A record per message (docs/decisions/0002-archive-record-per-message.md); expires with its computation. */
export const archivedMessages: Collection<MessageDocument> = {
  name: "archive_messages",
  schema: messageDocument,
  indexes: { byComputation: ["computation", "number"] },
};

export type Finished = { request: RequestRecord; outcome: OutcomeRecord; messages: readonly TranscriptMessage[] };
export type Archived = { request: RequestRecord; outcome: OutcomeRecord; expiresAt: number };

const messageRows = 500;
/** A commit of SQLite's holds up whoever else this process serves. */
const messageCharacters = 512 * 1024;

export class Archive {
  readonly #computations: Documents<ComputationDocument>;
  readonly #messages: Documents<MessageDocument>;
  readonly #keepMs: number;
  readonly #now: () => number;

  private constructor(
    stores: { computations: Documents<ComputationDocument>; messages: Documents<MessageDocument> },
    options: { keepMs: number; now: () => number },
  ) {
    this.#computations = stores.computations;
    this.#messages = stores.messages;
    this.#keepMs = options.keepMs;
    this.#now = options.now;
  }

  /** A computation stays for `keepMs` after its outcome. */
  static async open(database: Database, options: { keepMs: number; now: () => number }): Promise<Archive> {
    const computations = await database.collection(archivedComputations);
    const messages = await database.collection(archivedMessages);
    return new Archive({ computations, messages }, options);
  }

  /**
   * Keeps finished computations; again is harmless. Messages first: whoever finds the computation finds all of it, and what a crash
   * leaves half done is done by the next archiver, because the ledger keeps what is not here. `messages` are numbers 1 to lastNumber.
   */
  async put(batch: readonly Finished[]): Promise<void> {
    let rows: MessageDocument[] = [];
    let characters = 0;
    const flush = async () => {
      await this.#messages.insert(rows);
      rows = [];
      characters = 0;
      // SQLite works inside our process: let others run between its commits.
      await new Promise((resolve) => setImmediate(resolve));
    };
    for (const { request, messages } of batch)
      for (const message of messages) {
        const row = messageRow(request.computation.id, message);
        if (rows.length > 0 && (rows.length >= messageRows || characters + row.message.length > messageCharacters))
          await flush();
        rows.push(row);
        characters += row.message.length;
      }
    if (rows.length > 0) await flush();
    for (let start = 0; start < batch.length; start += limits.insert)
      await this.#computations.insert(batch.slice(start, start + limits.insert).map((finished) => this.#row(finished)));
  }

  #row({ request, outcome }: Finished): ComputationDocument {
    return {
      _id: request.computation.id,
      client: request.client,
      kind: outcome.outcome.kind,
      requestedAt: request.at,
      finishedAt: outcome.at,
      expiresAt: outcome.at + this.#keepMs,
      lastNumber: outcome.outcome.lastNumber,
      request: JSON.stringify(request),
      outcome: JSON.stringify(outcome),
    };
  }

  /** A finished computation; undefined when it is unknown, not archived yet, or expired (even if not yet deleted). */
  async get(cid: string): Promise<Archived | undefined> {
    const found = await this.#computations.get(cid);
    if (!found || found.expiresAt <= this.#now()) return undefined;
    return {
      request: requestRecord.parse(JSON.parse(found.request)),
      outcome: outcomeRecord.parse(JSON.parse(found.outcome)),
      expiresAt: found.expiresAt,
    };
  }

  /** Messages with numbers above `since`, in order, `limit` (at most 1000) of them; ask again from the last number for more. */
  async messages(cid: string, since: number, limit = 1000): Promise<TranscriptMessage[]> {
    const { documents } = await this.#messages.find({ index: "byComputation", equals: [cid], above: since, limit });
    return documents.map((document) => transcriptMessage.parse(JSON.parse(document.message)));
  }

  /** Ids of a client's computations, the latest first. */
  async ofClient(client: string, page: { limit: number; cursor?: string }): Promise<{ ids: string[]; cursor?: string }> {
    const found = await this.#computations.find({ index: "byClient", equals: [client], descending: true, ...page });
    return { ids: found.documents.map((d) => d._id), ...(found.cursor === undefined ? {} : { cursor: found.cursor }) };
  }

  /**
   * Removes what is due: for each computation first its files (by `removeFiles`, which may be repeated), then its messages, then
   * itself, so that what a crash interrupts is found again. Answers how many went; `limit` means there may be more.
   */
  async expire(removeFiles: (cid: string) => Promise<void>, limit = 100): Promise<number> {
    const due = await this.#computations.find({ index: "byExpiry", atMost: this.#now(), limit });
    for (const { _id } of due.documents) {
      await removeFiles(_id);
      while ((await this.#messages.delete({ index: "byComputation", equals: [_id], limit: limits.find })) === limits.find);
      await this.#computations.delete({ index: "_id", equals: [_id], limit: 1 });
    }
    return due.documents.length;
  }
}

const messageRow = (cid: string, message: TranscriptMessage): MessageDocument => ({
  _id: `${cid}-${message.number}`,
  computation: cid,
  number: message.number,
  message: JSON.stringify(message),
});
