/** The ledger: the two JetStream streams in which computations and transcripts are recorded; next: metrics.ts. */
import {
  type DirectBatchOptions,
  DiscardPolicy,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StoredMsg,
  type StreamConfig,
} from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { z } from "zod";
import { Failure } from "#protocol/failures.ts";
import { numberHeader, recordsOf, type TranscriptRecord } from "#protocol/messages.ts";
import { computationsStream, lastToken, streamSubjects, subjects, transcriptsStream } from "#protocol/subjects.ts";
import { Reconnects } from "#service/reconnects.ts";

export type LedgerOptions = {
  replicas: number;
  /** A full ledger refuses new work: bytes for the computations, bytes for the transcripts. */
  computationsBytesMax: number;
  transcriptsBytesMax: number;
};

export type Stored<T> = { sequence: number; record: T };
/** `sequence`: behind it in the stream is what follows the record; undefined while that is not known. */
export type StoredTranscriptRecord = { record: TranscriptRecord; bytes: number; sequence?: number };
export type Appended<T> = { won: true; sequence: number } | { won: false; last: Stored<T> | undefined };

const appendMsMax = 2_000;
const settleMsMax = 30_000;
/** A question whose server ended before it answered is asked again, of another where there is one. */
const readMsMax = 2_000;
const readTriesMsMax = 10_000;
const againMs = 100;
/** What is read at a time; a record alone may have more. */
const portionBytes = 1024 * 1024;
/** The server refuses questions that more than 1,024 subjects answer. */
const lastsAtOnce = 500;
/** Of a subject's first record: nobody has been promised anything yet, and who asks should hear soon that it does not work. */
const beginMsMax = 10_000;
const wrongLastSequence = 10071;
const outOfSpace = new Set([10077, 10047, 10023, 10122]);

export class Ledger {
  readonly #js: JetStreamClient;
  readonly #jsm: JetStreamManager;
  readonly #reader: JetStreamManager;
  readonly #reconnects: Reconnects;

  private constructor(nats: NatsConnection, { jsm, reader }: { jsm: JetStreamManager; reader: JetStreamManager }) {
    this.#js = jetstream(nats, { timeout: appendMsMax });
    this.#jsm = jsm;
    this.#reader = reader;
    this.#reconnects = new Reconnects(nats);
  }

  /** Makes the streams if they are not there, and mends their configuration where it may be changed. */
  static async open(nats: NatsConnection, options: LedgerOptions): Promise<Ledger> {
    const jsm = await jetstreamManager(nats, { timeout: 10_000 });
    for (const config of [computationsConfig(options), transcriptsConfig(options)]) {
      // Not added first: to add a stream that is there counts its size once more, and fails where the disk has room for it only once.
      try {
        await jsm.streams.update(config.name, config);
      } catch (error) {
        if (apiCode(error) !== 10059) throw error; // "stream not found"
        await jsm.streams.add(config);
      }
    }
    return new Ledger(nats, { jsm, reader: await jetstreamManager(nats, { timeout: readMsMax, checkAPI: false }) });
  }

  /**
   * Appends `record` to `subject` if that subject's last sequence is still `expected` (0: it has none). Of two writers one wins.
   * An append without an answer is settled by reading the last record and, where it is not ours, trying again: 30 s at most, 10 s for a subject's
   * first. After an outage that is at once: nothing answers to what was said in it.
   * Throws Failure `unavailable` when the ledger is away or full.
   */
  async append<T>(subject: string, record: T, expected: number, schema: z.ZodType<T>): Promise<Appended<T>> {
    const body = JSON.stringify(record);
    const giveUp = Date.now() + (expected === 0 ? beginMsMax : settleMsMax);
    for (;;) {
      try {
        const expect = { lastSubjectSequence: expected };
        const ack = await this.#reconnects.answer(() => this.#js.publish(subject, body, { expect, timeout: appendMsMax }));
        return { won: true, sequence: ack.seq };
      } catch (error) {
        const code = apiCode(error);
        if (code !== undefined && outOfSpace.has(code))
          throw new Failure("unavailable", { detail: "The ledger is full.", cause: error });
        if (code === undefined && Date.now() > giveUp)
          throw new Failure("unavailable", { detail: "The ledger does not answer.", cause: error });
        if (code !== undefined && code !== wrongLastSequence) throw new Failure("unavailable", { cause: error });
      }
      const last = await this.#lastWithin(subject, giveUp);
      if (last && last.sequence !== expected) {
        if (last.sequence > expected && last.text === body) return { won: true, sequence: last.sequence };
        return { won: false, last: { sequence: last.sequence, record: schema.parse(JSON.parse(last.text)) } };
      }
      if (!last && expected !== 0) return { won: false, last: undefined }; // purged meanwhile: it was over
    }
  }

  async #lastWithin(subject: string, giveUp: number): Promise<{ sequence: number; text: string } | undefined> {
    const last = () => this.#jsm.direct.getMessage(computationsStream, { last_by_subj: subject });
    const message = await this.#answered(last, null, giveUp);
    return message ? { sequence: message.seq, text: message.string() } : undefined;
  }

  /** How full each stream is, in bytes. */
  async fill(): Promise<{ stream: string; bytes: number; bytesMax: number }[]> {
    const streams = [computationsStream, transcriptsStream];
    const infos = await Promise.all(streams.map((stream) => this.#jsm.streams.info(stream)));
    return infos.map(({ config, state }) => ({ stream: config.name, bytes: state.bytes, bytesMax: config.max_bytes }));
  }

  /** All records of one `computation.` or `session.` subject, oldest first; empty if it is unknown or has been archived. */
  async records<T>(subject: string, schema: z.ZodType<T>): Promise<Stored<T>[]> {
    const found: Stored<T>[] = [];
    for await (const message of this.#messages(computationsStream, subject, 1))
      found.push({ sequence: message.seq, record: schema.parse(message.json()) });
    return found;
  }

  /**
   * The stored transcript records of a computation at its kernel, in order, each number once, `after` that number: all, or some
   * `bytesMax` of them (one at least). `from`: the sequence of the record `after`, where it is known; what comes before is not read then.
   */
  async transcript(
    kernel: string,
    id: string,
    after: number,
    { from, bytesMax = Number.POSITIVE_INFINITY }: { from?: number | undefined; bytesMax?: number } = {},
  ): Promise<StoredTranscriptRecord[]> {
    const records: StoredTranscriptRecord[] = [];
    let last = from === undefined ? 0 : after;
    let left = bytesMax;
    const subject = subjects.out(kernel, id);
    for await (const message of this.#messages(transcriptsStream, subject, (from ?? 0) + 1, bytesMax)) {
      const parcel = recordsOf(message.string(), message.header.get(numberHeader));
      for (const record of parcel) {
        // An agent sends again what was not acknowledged: only the next number counts.
        if (record.number !== last + 1) continue;
        last = record.number;
        if (last <= after) continue;
        // What follows one in the middle of a parcel is in the same message.
        const sequence = record === parcel.at(-1) ? message.seq : message.seq - 1;
        records.push({ record, bytes: message.data.length / parcel.length, sequence });
        left -= message.data.length / parcel.length;
      }
      if (left <= 0) break;
    }
    return records;
  }

  /** In portions, so that a long transcript neither fills memory nor holds up everybody else while it is read. `wanted`: about how many bytes. */
  async *#messages(stream: string, subject: string, from: number, wanted = portionBytes): AsyncGenerator<StoredMsg> {
    const max_bytes = Math.min(wanted, portionBytes);
    for (let sequence = from, pending = 1; pending > 0; ) {
      pending = 0;
      for (const message of await this.#portion(stream, { seq: sequence, next_by_subj: subject, batch: 1000, max_bytes })) {
        sequence = message.seq + 1;
        pending = message.pending;
        yield message;
      }
    }
  }

  async #portion(stream: string, question: DirectBatchOptions): Promise<StoredMsg[]> {
    const read = async () => {
      const portion: StoredMsg[] = [];
      for await (const message of await this.#reader.direct.getBatch(stream, question)) portion.push(message);
      return portion;
    };
    return this.#answered(read, [], Date.now() + readTriesMsMax);
  }

  /** The last record of every `computation.` subject: what an arriving gateway must know. Bounded by the ledger itself. */
  async *lastRecords<T>(subject: "computation" | "session", schema: z.ZodType<T>): AsyncGenerator<Stored<T> & { id: string }> {
    const info = await this.#jsm.streams.info(computationsStream, { subjects_filter: `${subject}.*` });
    const names = Object.keys(info.state.subjects ?? {});
    for (let at = 0; at < names.length; at += lastsAtOnce)
      for (const message of await this.#lasts(names.slice(at, at + lastsAtOnce)))
        yield { id: lastToken(message.subject), sequence: message.seq, record: schema.parse(message.json()) };
  }

  /** The last message of each subject that has one. */
  async #lasts(names: string[]): Promise<StoredMsg[]> {
    const read = async () => {
      const found: StoredMsg[] = [];
      for await (const message of await this.#jsm.direct.getLastMessagesFor(computationsStream, { multi_last: names }))
        found.push(message);
      return found;
    };
    return this.#answered(read, [], Date.now() + settleMsMax);
  }

  /** What `ask` gives, tried again until `giveUp` (ms); `none` when the server says that there is no such message. Throws Failure unavailable. */
  async #answered<T>(ask: () => Promise<T>, none: T, giveUp: number): Promise<T> {
    for (;;) {
      try {
        return await this.#reconnects.answer(ask);
      } catch (error) {
        if (isNotFound(error)) return none;
        if (Date.now() > giveUp) throw new Failure("unavailable", { detail: "The ledger does not answer.", cause: error });
        await new Promise((resolve) => setTimeout(resolve, againMs));
      }
    }
  }

  /** Removes a finished computation (or a closed session): only when the archive has it. */
  async remove(subject: string, transcriptOf?: { kernel: string; id: string }): Promise<void> {
    if (transcriptOf)
      await this.#jsm.streams.purge(transcriptsStream, { filter: subjects.out(transcriptOf.kernel, transcriptOf.id) });
    await this.#jsm.streams.purge(computationsStream, { filter: subject });
  }
}

const shared = (options: LedgerOptions) =>
  ({
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    num_replicas: options.replicas,
    max_age: 0,
    allow_direct: true,
    allow_rollup_hdrs: false,
    allow_msg_ttl: false,
    allow_msg_schedules: false,
    allow_atomic: false,
    // No message ids of ours, so no window in which a guessed id could swallow another's append.
    duplicate_window: 100_000_000,
  }) satisfies Partial<StreamConfig>;

const computationsConfig = (options: LedgerOptions) =>
  ({
    ...shared(options),
    name: computationsStream,
    subjects: [...streamSubjects.computations],
    max_bytes: options.computationsBytesMax,
    republish: { src: ">", dest: `${streamSubjects.recordedPrefix}>` },
  }) satisfies Partial<StreamConfig>;

const transcriptsConfig = (options: LedgerOptions) =>
  ({
    ...shared(options),
    name: transcriptsStream,
    subjects: [...streamSubjects.transcripts],
    max_bytes: options.transcriptsBytesMax,
    no_ack: true,
    republish: { src: streamSubjects.ackSource, dest: streamSubjects.ackDestination, headers_only: true },
  }) satisfies Partial<StreamConfig>;

function apiCode(error: unknown): number | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "number" && error.code > 10_000
    ? error.code
    : undefined;
}

/** The server's word that there is no (further) such message. */
export const isNotFound = (error: unknown): boolean =>
  error instanceof Error &&
  (/message not found|no message found|not found/i.test(error.message) || ("status" in error && error.status === 404));
