/** A transcript on its way to the ledger: numbered, sent, held until acknowledged, sent again; next: spool.ts. */
import { bounds } from "#agent/bounds.ts";
import { KernelFault } from "#agent/frames.ts";
import type { KernelMessage, TranscriptEnd, TranscriptMessage, TranscriptRecord } from "#protocol/messages.ts";

/** Where records go. `connected` is false in an outage: nothing is sent then, as the client would hold it without bound. */
export type Outlet = { connected: () => boolean; publish: (payload: Buffer, number: number) => void };

type Held = {
  number: number;
  /** Bytes of its text, near enough to hold memory level. */
  bytes: number;
  /** Until it is sent for the first time: it may still be merged. */
  message: TranscriptMessage | undefined;
  payload: Buffer | undefined;
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
  #held: Held[] = [];
  #heldBytes = 0;
  /** The first so many of `#held` are in flight. */
  #inFlight = 0;
  #flightBytes = 0;
  #resendAt = Number.POSITIVE_INFINITY;
  #resendMs: number = bounds.resendMs;
  #roomWaiters: (() => void)[] = [];
  #emptyWaiters: (() => void)[] = [];
  readonly #id: string;
  readonly #isSession: boolean;
  readonly #parent: TranscriptMessage["parent_header"];
  readonly #outlet: Outlet;
  readonly #now: () => number;

  constructor(options: { id: string; session: string | undefined; outlet: Outlet; now: () => number }) {
    this.#id = options.id;
    this.#isSession = options.session === options.id;
    this.#outlet = options.outlet;
    this.#now = options.now;
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
    const payload = this.#encode(numbered);
    if (payload.length > bounds.recordBytesMax) return halves(message).reduce((bytes, half) => bytes + this.add(half), 0);
    this.lastNumber = number;
    const mergeable = message.msg_type === "stream";
    this.#hold({ number, bytes: payload.length, message: mergeable ? numbered : undefined, payload });
    return payload.length;
  }

  end(end: Omit<TranscriptEnd, "lastNumber">): void {
    const number = ++this.lastNumber;
    const record: TranscriptRecord = {
      record: "end",
      computation: this.#id,
      number,
      end: { ...end, lastNumber: number - 1 },
    };
    const payload = Buffer.from(JSON.stringify(record));
    this.#hold({ number, bytes: payload.length, message: undefined, payload });
  }

  /** The ledger has stored record `number`. */
  acknowledged(number: number): void {
    const oldest = this.#held[0];
    if (this.#inFlight === 0 || oldest?.number !== number) return;
    this.#held.shift();
    this.#inFlight--;
    this.#flightBytes -= oldest.bytes;
    this.#heldBytes -= oldest.bytes;
    this.#resendMs = bounds.resendMs;
    this.#resendAt = this.#inFlight > 0 ? this.#now() + this.#resendMs : Number.POSITIVE_INFINITY;
    this.#send();
    if (!this.full()) release(this.#roomWaiters);
    if (this.#held.length === 0) release(this.#emptyWaiters);
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
    return this.#heldBytes >= bounds.heldBytesMax || this.#held.length >= bounds.heldRecordsMax;
  }

  /** Resolves when more may be added; undefined when that is now, so that the hot path awaits nothing. */
  room(): Promise<void> | undefined {
    return this.full() ? new Promise((resolve) => this.#roomWaiters.push(resolve)) : undefined;
  }

  /** Resolves when the ledger has all of it. */
  delivered(): Promise<void> {
    return this.#held.length === 0 ? Promise.resolve() : new Promise((resolve) => this.#emptyWaiters.push(resolve));
  }

  /** The bytes added to the last waiting record; 0: it is not to be merged. */
  #merge(message: KernelMessage): number {
    const last = this.#held.length > this.#inFlight ? this.#held.at(-1) : undefined;
    const before = last?.message;
    if (!last || !before || message.msg_type !== "stream" || before.content["name"] !== message.content["name"]) return 0;
    const [text, more] = [before.content["text"], message.content["text"]];
    if (typeof text !== "string" || typeof more !== "string") return 0;
    // As JSON, where a control character takes six bytes.
    const bytes = Buffer.byteLength(JSON.stringify(more));
    if (last.bytes + bytes > bounds.mergedBytesMax) return 0;
    before.content = { ...before.content, text: text + more };
    last.payload = undefined; // made when it is sent: merging often must not encode often
    last.bytes += bytes;
    this.#heldBytes += bytes;
    return bytes;
  }

  #hold(held: Held): void {
    this.#held.push(held);
    this.#heldBytes += held.bytes;
    this.#send();
  }

  #send(): void {
    if (!this.#outlet.connected()) return;
    for (;;) {
      const next = this.#held[this.#inFlight];
      if (!next) return;
      const room = this.#inFlight < bounds.flightRecordsMax && this.#flightBytes + next.bytes <= bounds.flightBytesMax;
      if (!room && this.#inFlight > 0) return;
      if (next.message) {
        next.payload ??= this.#encode(next.message);
        this.#heldBytes += next.payload.length - next.bytes;
        next.bytes = next.payload.length;
        next.message = undefined;
      }
      if (this.#inFlight === 0) this.#resendAt = this.#now() + this.#resendMs;
      this.#inFlight++;
      this.#flightBytes += next.bytes;
      if (next.payload) this.#outlet.publish(next.payload, next.number);
    }
  }

  #sendAgain(): void {
    if (this.#inFlight === 0) return;
    this.#resendAt = this.#now() + this.#resendMs;
    for (const held of this.#held.slice(0, this.#inFlight)) if (held.payload) this.#outlet.publish(held.payload, held.number);
  }

  #encode(message: TranscriptMessage): Buffer {
    const number = message.number;
    const record: TranscriptRecord = this.#isSession
      ? { record: "sessionMessage", session: this.#id, number, message }
      : { record: "message", computation: this.#id, number, message };
    try {
      return Buffer.from(JSON.stringify(record));
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
