/** Numbers, acknowledgements and what is sent again; next: agent.test.ts. */
import { bounds } from "#agent/bounds.ts";
import { KernelFault } from "#agent/frames.ts";
import { Transcript } from "#agent/transcript.ts";
import { type KernelMessage, parcelBytesMax, parcelRecordsMax, recordsOf, type TranscriptRecord } from "#protocol/messages.ts";

const id = `c${"1".repeat(25)}`;
const session = `s${"1".repeat(25)}`;
const stream = (text: string, name = "stdout"): KernelMessage => ({
  msg_type: "stream",
  content: { name, text },
  metadata: {},
});
const other = (text = ""): KernelMessage => ({
  msg_type: "display_data",
  content: { data: { "text/plain": text } },
  metadata: {},
});
const ok = { kind: "ok" as const, message: "", files: [], sessionClosed: false };

/** A transcript whose records go to a list; the clock and the connection are set by hand. `turns`: it sends when the test says so. */
function rig(options: { id?: string; session?: string; turns?: boolean } = {}) {
  const state = { now: 1_000_000, connected: true };
  const published: { number: number; record: TranscriptRecord }[] = [];
  const parcels: { first: number; last: number; bytes: number }[] = [];
  let send = () => {};
  const soon = (sends: () => void) => {
    if (!options.turns) return sends();
    send = sends;
  };
  const turn = () => {
    send();
    send = () => {};
    return parcels.splice(0).map(({ first, last }) => [first, last]);
  };
  const transcript = new Transcript({
    id: options.id ?? id,
    session: options.session,
    now: () => state.now,
    outlet: {
      connected: () => state.connected,
      publish: (payload, lastNumber) => {
        const records = recordsOf(payload.toString(), String(lastNumber));
        parcels.push({ first: records[0]?.number ?? 0, last: lastNumber, bytes: payload.length });
        for (const record of records) published.push({ number: record.number, record });
      },
    },
    soon,
  });
  const numbers = () => published.splice(0).map((p) => p.number);
  const texts = () =>
    published.map(({ record }) => (record.record === "end" ? record.end.kind : (record.message.content["text"] ?? "other")));
  return { transcript, published, parcels, numbers, texts, turn, state };
}

describe("a transcript", () => {
  test("numbers its messages from 1 and its end last, with ids and one parent", () => {
    const { transcript, published } = rig();
    transcript.add(stream("a"));
    transcript.add(other());
    transcript.end(ok);
    const [first, second, end] = published.map((p) => p.record);
    if (first?.record !== "message" || second?.record !== "message" || end?.record !== "end") throw new Error("other records");
    expect([first.number, first.message.number, first.message.msg_id]).toEqual([1, 1, `${id}-1`]);
    expect(second.message.parent_header).toEqual(first.message.parent_header);
    expect(first.message.parent_header).toMatchObject({ msg_id: id, date: new Date(1_000_000).toISOString() });
    expect([end.number, end.end.lastNumber]).toEqual([3, 2]);
  });
  test("of a session carries session messages", () => {
    const { transcript, published } = rig({ id: session, session });
    transcript.add(stream("a"));
    expect(published[0]?.record).toMatchObject({
      record: "sessionMessage",
      session,
      number: 1,
      message: { msg_id: `${session}-1` },
    });
  });
  test("sends at once, until so many are in flight; the next goes when the oldest is acknowledged", () => {
    const { transcript, numbers } = rig();
    for (let n = 0; n < bounds.flightRecordsMax + 2; n++) transcript.add(other());
    expect(numbers()).toHaveLength(bounds.flightRecordsMax);
    transcript.acknowledged(1);
    expect(numbers()).toEqual([bounds.flightRecordsMax + 1]);
  });
  test("what is said in one go is one parcel, its end too; the ledger takes it as one", async () => {
    const { transcript, turn } = rig({ turns: true });
    transcript.add(other());
    transcript.add(other());
    expect(turn()).toEqual([[1, 2]]);
    transcript.add(other());
    transcript.end(ok);
    expect(turn()).toEqual([[3, 4]]);
    transcript.acknowledged(1);
    transcript.acknowledged(4);
    expect(transcript.heldBytes).toBeGreaterThan(0);
    transcript.acknowledged(2);
    transcript.acknowledged(4);
    await transcript.delivered();
    expect(transcript.heldBytes).toBe(0);
  });
  test("a parcel that was not acknowledged is sent again as it was, whatever came meanwhile", () => {
    const { transcript, turn, state } = rig({ turns: true });
    transcript.add(stream("a"));
    transcript.add(other());
    turn();
    transcript.add(stream("b"));
    turn();
    state.now += bounds.resendMs;
    transcript.tick();
    expect(turn()).toEqual([
      [1, 2],
      [3, 3],
    ]);
  });
  test("a parcel has its bounds, in records and in bytes; a large record goes alone", () => {
    const many = rig({ turns: true });
    for (let n = 0; n <= parcelRecordsMax; n++) many.transcript.add(other());
    expect(many.turn()).toEqual([
      [1, parcelRecordsMax],
      [parcelRecordsMax + 1, parcelRecordsMax + 1],
    ]);
    const large = rig({ turns: true });
    for (const bytes of [100, parcelBytesMax, 100, parcelBytesMax / 2, parcelBytesMax / 2])
      large.transcript.add(other("x".repeat(bytes)));
    expect(large.turn()).toEqual([
      [1, 1],
      [2, 2],
      [3, 4],
      [5, 5],
    ]);
  });
  test("sends one record even if it alone is larger than what may be in flight is left", () => {
    const { transcript, numbers } = rig();
    for (let n = 0; n < 4; n++) transcript.add(other("x".repeat(200_000)));
    expect(numbers()).toEqual([1, 2]);
    transcript.acknowledged(1);
    expect(numbers()).toEqual([3]);
  });
  test("takes an acknowledgement only of its oldest: after a gap all is sent again, in order", () => {
    const { transcript, numbers, state } = rig();
    for (let n = 0; n < 3; n++) transcript.add(other());
    numbers();
    transcript.acknowledged(2);
    state.now += bounds.resendMs;
    transcript.tick();
    expect(numbers()).toEqual([1, 2, 3]);
  });
  test("repeats what was not acknowledged after 2 s, then less and less often", () => {
    const { transcript, numbers, state } = rig();
    transcript.add(other());
    const repeats: number[] = [];
    for (let ms = 0; ms <= 40_000; ms += 250) {
      state.now += 250;
      numbers();
      transcript.tick();
      if (numbers().length > 0) repeats.push(ms + 250);
    }
    expect(repeats.slice(0, 4)).toEqual([2000, 6000, 14_000, 24_000]);
  });
  test("is silent in an outage and sends everything again, in order, after it", () => {
    const { transcript, numbers, state } = rig();
    transcript.add(other());
    transcript.add(other());
    transcript.acknowledged(1);
    numbers();
    state.connected = false;
    transcript.add(other());
    state.now += 60_000;
    transcript.tick();
    expect(numbers()).toEqual([]);
    state.connected = true;
    transcript.reconnected();
    expect(numbers()).toEqual([2, 3]);
  });
  test("merges waiting text of one stream, and never over anything else", () => {
    const { transcript, texts, state } = rig();
    state.connected = false;
    for (const message of [stream("a"), stream("b"), stream("c", "stderr"), stream("d"), other(), stream("e"), stream("f")])
      transcript.add(message);
    state.connected = true;
    transcript.reconnected();
    expect(texts()).toEqual(["ab", "c", "d", "other", "ef"]);
  });
  test("never changes a record that was sent once", () => {
    const { transcript, published, state } = rig();
    transcript.add(stream("a"));
    state.connected = false;
    transcript.add(stream("b"));
    state.connected = true;
    transcript.reconnected();
    const texts = published.map((p) => p.record.record === "message" && [p.number, p.record.message.content["text"]]);
    expect(texts).toEqual([
      [1, "a"],
      [1, "a"],
      [2, "b"],
    ]);
  });
  test("merges only up to a bound, counted as JSON writes it", () => {
    const { transcript, published, state } = rig();
    state.connected = false;
    for (let n = 0; n < 40; n++) transcript.add(stream("\0".repeat(1000)));
    state.connected = true;
    transcript.reconnected();
    const sizes = published.map((p) => JSON.stringify(p.record).length);
    expect(Math.max(...sizes)).toBeLessThan(bounds.mergedBytesMax + 1000);
    expect(sizes.length).toBeGreaterThan(3);
  });
  test("is full at its bound, and has room again once the ledger took some", async () => {
    const { transcript } = rig();
    while (!transcript.full()) transcript.add(other("x".repeat(100_000)));
    expect(transcript.heldBytes).toBeLessThan(bounds.heldBytesMax + 110_000);
    let room = false;
    const waiting = transcript.room()?.then(() => {
      room = true;
    });
    await Promise.resolve();
    expect(room).toBe(false);
    for (let n = 1; n <= 3; n++) transcript.acknowledged(n);
    await waiting;
    expect(transcript.room()).toBeUndefined();
  });
  test("is delivered when its last record is acknowledged, whatever was acknowledged twice", async () => {
    const { transcript } = rig();
    transcript.add(other());
    transcript.end(ok);
    let delivered = false;
    const all = transcript.delivered().then(() => {
      delivered = true;
    });
    for (const n of [1, 1, 1, 7]) transcript.acknowledged(n);
    await Promise.resolve();
    expect(delivered).toBe(false);
    transcript.acknowledged(2);
    await all;
    expect(transcript.heldBytes).toBe(0);
  });
  test("cuts stream text that is larger than a record, whole characters only", () => {
    const { transcript, texts, published } = rig();
    const text = "\u{1f600}\0".repeat(60_000);
    transcript.add(stream(text));
    for (let n = 1; n < 20; n++) transcript.acknowledged(n);
    expect(texts().join("")).toBe(text);
    expect(texts().every((part) => String(part).isWellFormed())).toBe(true);
    expect(published.length).toBeGreaterThan(2);
  });
  test("refuses any other message of that size, and nesting that JSON cannot write", () => {
    const { transcript, numbers } = rig();
    expect(() => transcript.add(other("x".repeat(bounds.recordBytesMax)))).toThrow(KernelFault);
    const deep = JSON.parse("[".repeat(200_000) + "]".repeat(200_000));
    expect(() => transcript.add({ ...other(), metadata: { deep } })).toThrow(KernelFault);
    const hidden = { ...stream("x".repeat(100_000)), content: { name: "stdout", text: "abcdefgh", junk: "x".repeat(300_000) } };
    transcript.add(hidden);
    expect(numbers().length).toBeLessThanOrEqual(2);
  });
});
