/** The computations that the ledger holds, as this gateway knows them from following it; next: transcript.ts. */
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import type { Changes } from "#gateway/changes.ts";
import {
  type AssignedRecord,
  type ComputationRecord,
  computationRecord,
  type OutcomeRecord,
  type RequestRecord,
} from "#protocol/computation.ts";
import { lastToken, subjects } from "#protocol/subjects.ts";
import type { Ledger, Stored } from "#service/ledger.ts";

/**
 * One computation's records put together. `sequence` is its subject's last, which the next append must name; `requestSequence` that of
 * its request: in the order of these all gateways together accepted what they accepted.
 */
export type Entry = {
  id: string;
  requestSequence: number;
  request: RequestRecord;
  assigned: AssignedRecord | undefined;
  outcome: OutcomeRecord | undefined;
  sequence: number;
};

export const lastWriter = (entry: Entry): string => (entry.outcome ?? entry.assigned ?? entry.request).writer;
export const stateOf = (entry: Entry) => (entry.outcome ? "finished" : entry.assigned ? "running" : "queued");

export class Book {
  readonly #entries = new Map<string, Entry>();
  /** The computations without an outcome of each session. */
  readonly #openOf = new Map<string, Set<string>>();
  /** Computations of which an append of ours is under way, with what was heard of them meanwhile. */
  readonly #appending = new Map<string, { appends: number; heard: Msg[] }>();
  readonly #ledger: Ledger;
  readonly #changes: Changes;
  /** An outcome became known, ours or another gateway's. */
  onFinished: (entry: Entry) => void = () => {};

  constructor(ledger: Ledger, changes: Changes) {
    this.#ledger = ledger;
    this.#changes = changes;
  }

  follow(nats: NatsConnection): { stop: () => void } {
    const subscription = nats.subscribe(subjects.recorded(subjects.computation("*")), {
      callback: (error, message) => {
        if (error) return;
        const own = this.#appending.get(lastToken(message.subject));
        if (own) own.heard.push(message);
        else this.#hear(message);
      },
    });
    return { stop: () => subscription.unsubscribe() };
  }

  #hear(message: Msg): void {
    const id = lastToken(message.subject);
    const sequence = Number(message.headers?.get("Nats-Sequence"));
    // Most of what is heard is our own, and known since it was acknowledged: nothing of it needs to be read again.
    if (sequence > (this.#entries.get(id)?.sequence ?? 0))
      this.apply(id, { sequence, record: computationRecord.parse(message.json()) });
  }

  /**
   * Appends `record` if the subject's last sequence is still `expected`, and takes in what is the last record then: this one, or
   * another's that came first. Throws like Ledger.append.
   */
  async append(id: string, record: ComputationRecord, expected: number): Promise<boolean> {
    const own = this.#appending.get(id) ?? { appends: 0, heard: [] };
    own.appends++;
    this.#appending.set(id, own);
    try {
      const appended = await this.#ledger.append(subjects.computation(id), record, expected, computationRecord);
      if (appended.won) this.apply(id, { sequence: appended.sequence, record });
      else if (appended.last) this.apply(id, appended.last);
      return appended.won;
    } finally {
      if (--own.appends === 0) {
        this.#appending.delete(id);
        for (const message of own.heard) this.#hear(message);
      }
    }
  }

  /**
   * Reads every open computation whose last record is news: at start, and after an outage in which records were not heard. `over` is
   * told of those that are finished and not known here.
   */
  async load(over: (id: string) => void): Promise<void> {
    for await (const last of this.#ledger.lastRecords("computation", computationRecord)) {
      const known = this.#entries.get(last.id);
      if (!known && last.record.step === "outcome") over(last.id);
      else if (!known || known.sequence < last.sequence) await this.#fill(last.id);
    }
  }

  /** Takes a record in, whether appended here or heard of; older ones change nothing. */
  apply(id: string, stored: Stored<ComputationRecord>): void {
    const { record, sequence } = stored;
    const known = this.#entries.get(id);
    if (known && sequence <= known.sequence) return;
    if (!known && record.step !== "request") {
      void this.#fill(id).catch(() => {}); // the next load, or the next reader, finds it
      return;
    }
    const entry = put(known, id, stored);
    if (!entry) return;
    this.#entries.set(id, entry);
    this.#countOpen(entry, entry.outcome === undefined);
    this.#changes.notify(id);
    if (entry.outcome && !known?.outcome) this.onFinished(entry);
  }

  /** What is known without asking anybody. */
  get(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  /** Asks the ledger where nothing is known here; undefined when it has nothing (any more). */
  async find(id: string): Promise<Entry | undefined> {
    return this.#entries.get(id) ?? (await this.#fill(id));
  }

  async #fill(id: string): Promise<Entry | undefined> {
    for (const stored of await this.#ledger.records(subjects.computation(id), computationRecord)) this.apply(id, stored);
    return this.#entries.get(id);
  }

  /** Of the computations of its session that are not over, the one accepted last before this one. */
  ahead(entry: Entry): Entry | undefined {
    let ahead: Entry | undefined;
    for (const id of this.#openOf.get(entry.request.computation.sessionId ?? "") ?? []) {
      const other = this.#entries.get(id);
      if (!other || other.requestSequence >= entry.requestSequence) continue;
      if (!ahead || other.requestSequence > ahead.requestSequence) ahead = other;
    }
    return ahead;
  }

  #countOpen({ id, request }: Entry, isOpen: boolean): void {
    const session = request.computation.sessionId;
    if (session === undefined) return;
    const open = this.#openOf.get(session) ?? new Set();
    if (isOpen) open.add(id);
    else open.delete(id);
    if (open.size > 0) this.#openOf.set(session, open);
    else this.#openOf.delete(session);
  }

  forget(id: string): void {
    const entry = this.#entries.get(id);
    if (entry) this.#countOpen(entry, false);
    this.#entries.delete(id);
  }

  all(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  get size(): number {
    return this.#entries.size;
  }
}

function put(known: Entry | undefined, id: string, { sequence, record }: Stored<ComputationRecord>): Entry | undefined {
  switch (record.step) {
    case "request":
      return { id, requestSequence: sequence, request: record, assigned: undefined, outcome: undefined, sequence };
    case "assigned":
      return known && { ...known, assigned: record, sequence };
    case "outcome":
      return known && { ...known, outcome: record, sequence };
  }
}
