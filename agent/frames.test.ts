/** The wire between kernel and agent, cut anywhere; next: transcript.test.ts. */
import { FrameReader, jsonFrame, KernelFault, pieceFrame } from "#agent/frames.ts";
import { frameBytesMax } from "#protocol/kernel-frames.ts";

const pong = (id: number) => ({ type: "pong" as const, id, memoryBytes: 5, spares: 1 });
const json = (value: unknown): Buffer => raw(0, Buffer.from(typeof value === "string" ? value : JSON.stringify(value)));
function raw(kind: number, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length + 1, 0);
  head[4] = kind;
  return Buffer.concat([head, body]);
}
const read = (...chunks: Buffer[]) => {
  const reader = new FrameReader();
  return chunks.flatMap((chunk) => [...reader.push(chunk)]);
};
/** Deterministic, so that a failure can be seen again. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    yield state;
  }
}

describe("frames", () => {
  const stream = Buffer.concat([
    json(pong(1)),
    pieceFrame(7, Buffer.from("bytes")),
    json(pong(2)),
    pieceFrame(7, Buffer.alloc(0)),
  ]);
  const whole = read(stream);

  test("are cut out of a stream, messages and pieces", () => {
    expect(whole.map((f) => (f.piece ? `${f.number}:${f.body}` : f.json))).toEqual([pong(1), "7:bytes", pong(2), "7:"]);
  });
  test("are the same wherever the stream is split", () => {
    for (let at = 0; at <= stream.length; at++) expect(read(stream.subarray(0, at), stream.subarray(at))).toEqual(whole);
  });
  test("are the same byte by byte", () => {
    expect(read(...[...stream].map((byte) => Buffer.from([byte])))).toEqual(whole);
  });
  test("of the greatest length are taken, one byte more is a fault", () => {
    const [frame] = read(raw(1, Buffer.alloc(frameBytesMax - 5)));
    expect(frame?.piece && frame.body.length).toBe(frameBytesMax - 9);
    expect(() => read(raw(1, Buffer.alloc(frameBytesMax - 4)))).toThrow(KernelFault);
  });
  test("too long are a fault at their length, before their body comes", () => {
    expect(() => read(Buffer.from([0x7f, 0xff, 0xff, 0xff]))).toThrow("a frame of 2147483647 bytes");
  });
  test.each([
    ["no kind", Buffer.from([0, 0, 0, 0])],
    ["an unknown kind", raw(2, Buffer.from("x"))],
    ["a piece without a number", raw(1, Buffer.from("abc"))],
    ["what is not UTF-8", raw(0, Buffer.from([0x7b, 0xff, 0x7d]))],
    ["what is not JSON", json("{")],
    ["JSON that is no object", json("[1]")],
    ["an unknown type", json({ type: "execute" })],
    ["a field too few", json({ type: "pong", id: 1 })],
    ["a wrong id", json({ type: "message", computation: "c1 >", message: { msg_type: "stream", content: {}, metadata: {} } })],
    [
      "an unknown message",
      json({ type: "sessionMessage", message: { msg_type: "shutdown_reply", content: {}, metadata: {} } }),
    ],
    ["an outcome that only a gateway gives", json({ type: "done", kind: "lost" })],
  ])("with %s are a fault", (_what, bytes) => {
    expect(() => read(bytes)).toThrow(KernelFault);
  });
  test("a fault's reason never holds what the frame said", () => {
    expect(() => read(json({ type: "broken", reason: 5, secret: "s3cr3t" }))).toThrow(/^(?!.*s3cr3t).*reason/);
  });
  test("garbage ends in a fault or waits for more, and is never taken for a frame", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = numbers(seed);
      const bytes = Buffer.from(Array.from({ length: 200 }, () => Number(random.next().value) >> 8));
      if (seed % 2) bytes.writeUInt32BE(20, 0); // a plausible length
      try {
        expect(read(bytes).filter((f) => !f.piece)).toEqual([]);
      } catch (error) {
        if (!(error instanceof KernelFault)) throw new Error(`seed ${seed}: ${error}`);
      }
    }
  });
  test("to the kernel are within the bound too", () => {
    const frame = jsonFrame({ type: "ping", id: 3 });
    expect(frame.readUInt32BE(0)).toBe(frame.length - 4);
    expect(JSON.parse(frame.subarray(5).toString())).toEqual({ type: "ping", id: 3 });
    const value = "x".repeat(frameBytesMax);
    expect(() => jsonFrame({ type: "input", computation: `c${"1".repeat(25)}`, value })).toThrow(RangeError);
  });
});
