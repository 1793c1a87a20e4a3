/** A transcript on its way to the ledger: numbered, sent in parcels, held until acknowledged, sent again; next: spool.ts. */
import { bounds } from "#agent/bounds.ts";
import { KernelFault } from "#agent/frames.ts";
import {
  type KernelMessage,
  parcelBytesMax,
  parcelRecordsMax,
  type TranscriptEnd,
  type TranscriptMessage,
  type TranscriptRecord,
} from "#protocol/messages.ts";

/** Where parcels go. `connected` is false in an outage: nothing is sent then, as the client would hold it without bound. */
export type Outlet = { connected: () => boolean; publish: (payload: Buffer, lastNumber: number) => void };

type Waiting = {
  /** Bytes of its text, near enough to hold memory level. */
  bytes: number;
  /** It may still be merged. */
  message: TranscriptMessage | undefined;
  text: string | undefined;
};
type Parcel = { lastNumber: number; records: number; bytes: number; payload: Buffer };

export type TranscriptOptions = {
  id: string;
  session: string | undefined;
  outlet: Outlet;
  now: () => number;
  /** Does it when what is at hand is dealt with: what the kernel said in one go is sent in one parcel. */
  soon: (send: () => void) => void;
};

/**
 *     waiting ──(connected, room in flight)──▶ in flight ──(acknowledged, oldest first)──▶ gone
 *                                                  └──(2 s without, or reconnected)──▶ sent again, in order
 *
 * Only the oldest can be acknowledged: the ledger may have stored a later record and lost an earlier one, and a reader takes
 * only the next number, so all from the oldest on are sent again.
 */
export class Transcript {
  /** The number of the last record. */
  lastNumber = 0;
  #waiting: Waiting[] = [];
  readonly #inFlight: Parcel[] = [];
  #heldRecords = 0;
  #heldBytes = 0;
  #flightRecords = 0;
  #flightBytes = 0;
  #sendsSoon = false;
  #resendAt = Number.POSITIVE_INFINITY;
  #resendMs: number = bounds.resendMs;
  #roomWaiters: (() => void)[] = [];
  #emptyWaiters: (() => void)[] = [];
  readonly #id: string;
  readonly #isSession: boolean;
  readonly #parent: TranscriptMessage["parent_header"];
  readonly #outlet: Outlet;
  readonly #now: () => number;
  readonly #soon: TranscriptOptions["soon"];

  constructor(options: TranscriptOptions) {
    this.#id = options.id;
    this.#isSession = options.session === options.id;
    this.#outlet = options.outlet;
    this.#now = options.now;
    this.#soon = options.soon;
    this.#parent = {
      msg_id: options.id,
      msg_type: "execute_request",
      session: options.session ?? options.id,
      username: "",
      date: new Date(options.now()).toISOString(),
      version: "5.4",
    };
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Returns the bytes it added. Throws KernelFault when the message is larger than a record may be; stream text is cut into
   * several instead.
   */
  add(message: KernelMessage): number {
    const merged = this.#merge(message);
    if (merged > 0) return merged;
    const number = this.lastNumber + 1;
    const numbered = { ...message, number, msg_id: `${this.#id}-${number}`, parent_header: this.#parent };
    const text = this.#encode(numbered);
    const bytes = Buffer.byteLength(text);
    if (bytes > bounds.recordBytesMax) return halves(message).reduce((sum, half) => sum + this.add(half), 0);
    this.lastNumber = number;
    this.#hold({ bytes, message: message.msg_type === "stream" ? numbered : undefined, text });
    return bytes;
  }

  end(end: Omit<TranscriptEnd, "lastNumber">): void {
    const number = ++this.lastNumber;
    const record: TranscriptRecord = {
      record: "end",
      computation: this.#id,
      number,
      end: { ...end, lastNumber: number - 1 },
    };
    const text = JSON.stringify(record);
    this.#hold({ bytes: Buffer.byteLength(text), message: undefined, text });
  }

  /** The ledger has stored the parcel whose last record is `number`. */
  acknowledged(number: number): void {
    const oldest = this.#inFlight[0];
    if (oldest?.lastNumber !== number) return;
    this.#inFlight.shift();
    this.#flightRecords -= oldest.records;
    this.#flightBytes -= oldest.bytes;
    this.#heldRecords -= oldest.records;
    this.#heldBytes -= oldest.bytes;
    this.#resendMs = bounds.resendMs;
    this.#resendAt = this.#inFlight.length > 0 ? this.#now() + this.#resendMs : Number.POSITIVE_INFINITY;
    this.#send();
    if (!this.full()) release(this.#roomWaiters);
    if (this.#heldRecords === 0) release(this.#emptyWaiters);
  }

  /** After a reconnect: whatever was in flight may be lost. */
  reconnected(): void {
    this.#resendMs = bounds.resendAfterReconnectMs;
    this.#sendAgain();
    this.#send();
  }

  /** To be called every `tickMs`. */
  tick(): void {
    if (this.#now() < this.#resendAt || !this.#outlet.connected()) return;
    this.#resendMs = Math.min(this.#resendMs * 2, bounds.resendMsMax);
    this.#sendAgain();
  }

  full(): boolean {
    return this.#heldBytes >= bounds.heldBytesMax || this.#heldRecords >= bounds.heldRecordsMax;
  }

  /** Resolves when more may be added; undefined when that is now, so that the hot path awaits nothing. */
  room(): Promise<void> | undefined {
    return this.full() ? new Promise((resolve) => this.#roomWaiters.push(resolve)) : undefined;
  }

  /** Resolves when the ledger has all of it. */
  delivered(): Promise<void> {
    return this.#heldRecords === 0 ? Promise.resolve() : new Promise((resolve) => this.#emptyWaiters.push(resolve));
  }

  /** The bytes added to the last waiting record; 0: it is not to be merged. */
  #merge(message: KernelMessage): number {
    const last = this.#waiting.at(-1);
    const before = last?.message;
    if (!last || !before || message.msg_type !== "stream" || before.content["name"] !== message.content["name"]) return 0;
    const [text, more] = [before.content["text"], message.content["text"]];
    if (typeof text !== "string" || typeof more !== "string") return 0;
    // As JSON, where a control character takes six bytes.
    const bytes = Buffer.byteLength(JSON.stringify(more));
    if (last.bytes + bytes > bounds.mergedBytesMax) return 0;
    before.content = { ...before.content, text: text + more };
    last.text = undefined; // made when it is sent: merging often must not encode often
    last.bytes += bytes;
    this.#heldBytes += bytes;
    return bytes;
  }

  #hold(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#heldRecords++;
    this.#heldBytes += waiting.bytes;
    if (this.#sendsSoon) return;
    this.#sendsSoon = true;
    this.#soon(() => {
      this.#sendsSoon = false;
      this.#send();
    });
  }

  #send(): void {
    while (this.#outlet.connected()) {
      const texts = this.#next();
      if (texts.length === 0) return;
      const payload = Buffer.from(texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(",")}]`);
      const lastNumber = this.lastNumber - this.#waiting.length;
      if (this.#inFlight.length === 0) this.#resendAt = this.#now() + this.#resendMs;
      this.#inFlight.push({ lastNumber, records: texts.length, bytes: payload.length, payload });
      this.#flightRecords += texts.length;
      this.#flightBytes += payload.length;
      this.#heldBytes += payload.length;
      this.#outlet.publish(payload, lastNumber);
    }
  }

  /** Takes what goes together from those that wait. One goes even if it alone is larger than what is left. */
  #next(): string[] {
    let [count, bytes] = [0, 0];
    for (const { bytes: more } of this.#waiting) {
      const room =
        this.#flightRecords + count < bounds.flightRecordsMax && this.#flightBytes + bytes + more <= bounds.flightBytesMax;
      const together = count < parcelRecordsMax && bytes + more <= parcelBytesMax;
      if (count > 0 ? !room || !together : !room && this.#inFlight.length > 0) break;
      count++;
      bytes += more;
    }
    this.#heldBytes -= bytes;
    return this.#waiting.splice(0, count).map(({ message, text }) => text ?? (message ? this.#encode(message) : ""));
  }

  #sendAgain(): void {
    if (this.#inFlight.length === 0) return;
    this.#resendAt = this.#now() + this.#resendMs;
    for (const { payload, lastNumber } of this.#inFlight) this.#outlet.publish(payload, lastNumber);
  }

  #encode(message: TranscriptMessage): string {
    const number = message.number;
    const record: TranscriptRecord = this.#isSession
      ? { record: "sessionMessage", session: this.#id, number, message }
      : { record: "message", computation: this.#id, number, message };
    try {
      return JSON.stringify(record);
    } catch {
      throw new KernelFault("a message nested too deeply");
    }
  }
}

/** A stream message as two, never within a surrogate pair, and without whatever else it carried (it would be doubled). */
function halves(message: KernelMessage): KernelMessage[] {
  const { name, text } = message.content;
  const isStream = message.msg_type === "stream" && (name === "stdout" || name === "stderr");
  if (!isStream || typeof text !== "string" || text.length < 4) throw new KernelFault("a message larger than a record may be");
  const middle = text.length >> 1;
  const cut = text.charCodeAt(middle) >= 0xdc00 && text.charCodeAt(middle) <= 0xdfff ? middle + 1 : middle;
  return [text.slice(0, cut), text.slice(cut)].map((part) => ({
    msg_type: "stream",
    content: { name, text: part },
    metadata: {},
  }));
}

function release(waiters: (() => void)[]): void {
  for (const resolve of waiters.splice(0)) resolve();
}
