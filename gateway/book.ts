/** The computations that the ledger holds, as this gateway knows them from following it; next: transcript.ts. */
import type { NatsConnection } from "@nats-io/transport-node";
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

/** One computation's records put together. `sequence` is its subject's last, which the next append must name. */
export type Entry = {
  id: string;
  request: RequestRecord;
  assigned: AssignedRecord | undefined;
  outcome: OutcomeRecord | undefined;
  sequence: number;
};

export const lastWriter = (entry: Entry): string => (entry.outcome ?? entry.assigned ?? entry.request).writer;
export const stateOf = (entry: Entry) => (entry.outcome ? "finished" : entry.assigned ? "running" : "queued");

export class Book {
  readonly #entries = new Map<string, Entry>();
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
        const sequence = Number(message.headers?.get("Nats-Sequence"));
        this.apply(lastToken(message.subject), { sequence, record: computationRecord.parse(message.json()) });
      },
    });
    return { stop: () => subscription.unsubscribe() };
  }

  /** Reads every computation whose last record is news: at start, and after an outage in which records were not heard. */
  async load(): Promise<void> {
    for await (const last of this.#ledger.lastRecords("computation", computationRecord)) {
      const known = this.#entries.get(last.id);
      if (!known || known.sequence < last.sequence) await this.#fill(last.id);
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

  forget(id: string): void {
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
      return { id, request: record, assigned: undefined, outcome: undefined, sequence };
    case "assigned":
      return known && { ...known, assigned: record, sequence };
    case "outcome":
      return known && { ...known, outcome: record, sequence };
  }
}
