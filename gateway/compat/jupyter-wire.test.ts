/** Both formats of a WebSocket, as other implementations write and read them; next: jupyter-outlet.test.ts. */
import { decode, encode, type Message, WireError } from "#gateway/compat/jupyter-wire.ts";

const message: Message = {
  channel: "iopub",
  header: { msg_id: "m1", msg_type: "comm_msg", session: "s", username: "", version: "5.4" },
  parent_header: { msg_id: "m0" },
  metadata: { a: 1 },
  content: { text: "Zürich ∮" },
  buffers: [],
};
const buffers = [Buffer.from([1, 2, 3]), Buffer.alloc(0), Buffer.from("x")];
const read = (data: string | Buffer, format: "default" | "v1") =>
  decode(Buffer.from(data), { format, isBinary: typeof data !== "string", partsMax: 20 });

describe.each(["default", "v1"] as const)("the %s format", (format) => {
  test.each([[[]], [buffers]])("gives back what was sent (%j)", (sent) => {
    const again = read(encode({ ...message, buffers: sent }, format), format) as Message;
    expect(again).toMatchObject({ ...message, buffers: sent.map((buffer) => Buffer.from(buffer)) });
    expect(again.buffers).toHaveLength(sent.length);
  });
  test("refuses what is cut short, at every byte", () => {
    const whole = encode({ ...message, buffers }, format) as Buffer;
    for (let length = 0; length < whole.length - buffers.length - 4; length++) {
      const data = whole.subarray(0, length);
      expect(() => read(Buffer.from(data), format)).toThrow(WireError);
    }
  });
  test("refuses offsets that lead nowhere, and more parts than there may be", () => {
    const whole = encode({ ...message, buffers }, format) as Buffer;
    for (const at of [0, 3, 4, 7, 8, 11, 12, 15, 16]) {
      const data = Buffer.from(whole);
      data[at] = 0xff;
      expect(() => read(data, format)).toThrow(WireError);
    }
  });
});

describe("the default format", () => {
  test("is text where there are no buffers, and repeats the id and the type for those who look there", () => {
    const text = encode(message, "default");
    expect(typeof text).toBe("string");
    expect(JSON.parse(String(text))).toMatchObject({ msg_id: "m1", msg_type: "comm_msg", channel: "iopub" });
  });
  test("counts with 32 bits, the biggest first, the JSON as the first part", () => {
    const data = encode({ ...message, buffers: [Buffer.from("ab")] }, "default") as Buffer;
    const [count, json, buffer] = [0, 4, 8].map((at) => data.readUInt32BE(at));
    expect([count, json]).toEqual([2, 12]);
    expect(JSON.parse(data.subarray(json, buffer).toString())).toMatchObject({ msg_type: "comm_msg" });
    expect(data.subarray(buffer).toString()).toBe("ab");
  });
});

describe("the v1 format", () => {
  test("counts with 64 bits, the smallest first: channel, four parts of JSON, buffers, and its own length", () => {
    const data = encode({ ...message, buffers: [Buffer.from("ab")] }, "v1") as Buffer;
    const count = Number(data.readBigUInt64LE(0));
    expect(count).toBe(7);
    const offsets = Array.from({ length: count }, (_, n) => Number(data.readBigUInt64LE(8 * (n + 1))));
    expect(offsets.at(-1)).toBe(data.length);
    const parts = offsets.slice(1).map((end, n) => data.subarray(offsets[n], end).toString());
    expect([parts[0], parts[3], parts[5]]).toEqual(["iopub", '{"a":1}', "ab"]);
  });
});
