/** The transcripts that are being followed: only what the ledger has stored is passed on; next: kernel-link.ts. */
import type { Msg, NatsConnection, Subscription } from "@nats-io/transport-node";
import type { Changes } from "#gateway/changes.ts";
import { numberHeader, parcelRecordsMax, recordsOf, type TranscriptEnd } from "#protocol/messages.ts";
import { kernelOf, lastToken, subjects } from "#protocol/subjects.ts";
import type { Ledger, StoredTranscriptRecord } from "#service/ledger.ts";

/** What one followed transcript keeps in memory; older messages are read from the ledger again. */
const keptBytesMax = 1024 * 1024;
/** Heard but not known to be stored: beyond this the ledger is read instead. */
const heardMax = 256;
/** Of how many records a place is remembered: more than a computation or session may have, but for a hostile kernel. */
const placesMax = 110_000;

export class Transcript {
  readonly kernel: string;
  readonly id: string;
  readonly #ledger: Ledger;
  readonly #changes: Changes;
  #kept: StoredTranscriptRecord[] = [];
  #keptBytes = 0;
  #last = 0;
  #stored = 0;
  /** By the number of its last record, where in the ledger a parcel stands: a reader who is behind need not read all from the beginning. */
  readonly #places: number[] = [];
  readonly #heard = new Map<number, StoredTranscriptRecord>();
  #catchingUp: Promise<void> | undefined;
  end: TranscriptEnd | undefined;
  subscription: Subscription | undefined;
  users = 0;

  constructor(of: { kernel: string; id: string }, ledger: Ledger, changes: Changes) {
    this.kernel = of.kernel;
    this.id = of.id;
    this.#ledger = ledger;
    this.#changes = changes;
  }

  get last(): number {
    return this.#last;
  }

  /** A parcel on the kernel's own subject: not yet known to be stored. */
  hear(message: Msg): void {
    const parcel = recordsOf(message.string(), message.headers?.get(numberHeader));
    for (const record of parcel) {
      if (record.number <= this.#last || record.number > this.#last + heardMax || this.#heard.has(record.number)) continue;
      this.#heard.set(record.number, { record, bytes: message.data.length / parcel.length });
    }
    this.#advance();
  }

  /** The ledger has stored the parcel whose last record has this number. */
  acknowledged(number: number, sequence: number): void {
    if (number <= this.#stored) return;
    this.#stored = number;
    if (number < placesMax) this.#places[number] = sequence;
    this.#advance();
    // Heard too little, for instance because of an outage: the ledger has the rest.
    if (this.#last < this.#stored) void this.catchUp().catch(() => {});
  }

  /** Where the parcel before the record after `number` stands; in the middle of a parcel, where the one before that does. */
  #placeOf(number: number): number | undefined {
    for (let at = number; at > 0 && at > number - parcelRecordsMax; at--) if (this.#places[at]) return this.#places[at];
    return undefined;
  }

  #advance(): void {
    let moved = false;
    for (;;) {
      const next = this.#last + 1 <= this.#stored ? this.#heard.get(this.#last + 1) : undefined;
      if (!next) break;
      this.#keep(next);
      moved = true;
    }
    if (moved) this.#changes.notify(this.id);
  }

  #keep(next: StoredTranscriptRecord): void {
    this.#last = next.record.number;
    this.#heard.delete(this.#last);
    this.#kept.push(next);
    this.#keptBytes += next.bytes;
    while (this.#keptBytes > keptBytesMax && this.#kept.length > 1) this.#keptBytes -= this.#kept.shift()?.bytes ?? 0;
    if (next.record.record === "end") this.end = next.record.end;
  }

  /** Reads from the ledger what is stored above what is known. */
  catchUp(): Promise<void> {
    this.#catchingUp ??= (async () => {
      try {
        const records = await this.#ledger.transcript(this.kernel, this.id, this.#last, { from: this.#placeOf(this.#last) });
        for (const stored of records) if (stored.record.number === this.#last + 1) this.#keep(stored);
        this.#stored = Math.max(this.#stored, this.#last);
        this.#advance();
        if (records.length > 0) this.#changes.notify(this.id);
      } finally {
        this.#catchingUp = undefined;
      }
    })();
    return this.#catchingUp;
  }

  /** All records up to `last`, if they are still in memory. */
  kept(last: number): readonly StoredTranscriptRecord[] | undefined {
    return this.#last >= last && this.#kept[0]?.record.number === 1 ? this.#kept : undefined;
  }

  /** The records above `after`: from memory where they are still kept, else from the ledger, some `bytesMax` of them then. */
  async above(after: number, bytesMax?: number): Promise<StoredTranscriptRecord[]> {
    const first = this.#kept[0]?.record.number ?? this.#last + 1;
    const portion = { from: this.#placeOf(after), ...(bytesMax === undefined ? {} : { bytesMax }) };
    if (after + 1 < first) return this.#ledger.transcript(this.kernel, this.id, after, portion);
    return this.#kept.slice(Math.max(0, after + 1 - first));
  }
}

export class Transcripts {
  readonly #followed = new Map<string, Transcript>();
  readonly #nats: NatsConnection;
  readonly #ledger: Ledger;
  readonly #changes: Changes;
  /** Every stored record's size, whoever it is about: how a flooding kernel is noticed. */
  onStored: (kernel: string, bytes: number) => void = () => {};

  constructor(nats: NatsConnection, ledger: Ledger, changes: Changes) {
    this.#nats = nats;
    this.#ledger = ledger;
    this.#changes = changes;
  }

  follow(): { stop: () => void } {
    const subscription = this.#nats.subscribe(subjects.ack("*", "*"), {
      callback: (error, message) => {
        if (error) return;
        const [kernel, id] = [kernelOf(message.subject), lastToken(message.subject)];
        const transcript = this.#followed.get(id);
        if (transcript?.kernel === kernel) {
          const { headers } = message;
          transcript.acknowledged(Number(headers?.get(numberHeader)), Number(headers?.get("Nats-Sequence")));
        }
        this.onStored(kernel, Number(message.headers?.get("Nats-Msg-Size")));
      },
    });
    return { stop: () => subscription.unsubscribe() };
  }

  get(id: string): Transcript | undefined {
    return this.#followed.get(id);
  }

  /** Starts (or joins) following; `release` when done. `fresh`: nothing can be stored yet, so the ledger need not be asked. */
  async start(of: { kernel: string; id: string }, options: { fresh: boolean }): Promise<Transcript> {
    let transcript = this.#followed.get(of.id);
    if (transcript?.kernel !== of.kernel) {
      transcript?.subscription?.unsubscribe();
      const followed = new Transcript(of, this.#ledger, this.#changes);
      followed.subscription = this.#nats.subscribe(subjects.out(of.kernel, of.id), {
        callback: (error, message) => {
          if (!error) followed.hear(message);
        },
      });
      this.#followed.set(of.id, followed);
      transcript = followed;
      if (!options.fresh) await transcript.catchUp();
    }
    transcript.users++;
    return transcript;
  }

  release(transcript: Transcript): void {
    if (--transcript.users > 0 || this.#followed.get(transcript.id) !== transcript) return;
    transcript.subscription?.unsubscribe();
    this.#followed.delete(transcript.id);
  }

  /** After an outage: what was stored meanwhile was not heard. */
  async catchUp(): Promise<void> {
    await Promise.allSettled([...this.#followed.values()].map((transcript) => transcript.catchUp()));
  }

  get size(): number {
    return this.#followed.size;
  }
}
