/** What a page hands to a cell: event streams, code in its markup, links; next: run-state.test.ts. */
import { eventStreamReader, type StreamEvent } from "#cell/event-stream.ts";
import { codeInFragment, linkFragment } from "#cell/pages/share-link.ts";
import { withoutMargin } from "#cell/source-code.ts";

describe("an event stream", () => {
  const text =
    ': hello\n\nid: 1\nevent: message\ndata: {"a":1}\n\nevent: state\r\ndata: x\r\ndata: y\r\n\r\nid: outcome\nevent: outcome\ndata: z\n\n';
  const read = (...parts: string[]) => {
    const events: StreamEvent[] = [];
    const reader = eventStreamReader((event) => events.push(event));
    parts.forEach(reader);
    return events;
  };

  it("gives events with their type, id and data", () => {
    expect(read(text)).toMatchObject([
      { type: "message", id: "1", data: '{"a":1}' },
      { type: "state", data: "x\ny" },
      { type: "outcome", id: "outcome", data: "z" },
    ]);
  });

  it("gives the same however it was cut", () => {
    expect(read(...text)).toEqual(read(text));
  });

  it("gives up on an event without an end", () => {
    expect(() => read(`data: ${"x".repeat(5_000_000)}`)).toThrow("longer than allowed");
  });
});

describe("code in a page", () => {
  it("loses the markup's blank lines and indentation, and keeps its own", () => {
    expect(withoutMargin("\n      for i in [1..3]:\n          print(i)\n\n    ")).toBe("for i in [1..3]:\n    print(i)");
  });
});

describe("a link with code", () => {
  it("brings back the very code, short or long", async () => {
    for (const code of ["factor(12)", "~x", "é😀".repeat(100), "for i in [1..9]:\n    print(i)\n".repeat(50), "%'()*"]) {
      expect(await codeInFragment(await linkFragment(code))).toBe(code);
    }
  });

  it("is short for long code that repeats itself", async () => {
    expect((await linkFragment("print('hello')\n".repeat(400))).length).toBeLessThan(200);
  });

  it("gives nothing for what cannot be read, or unpacks to too much", async () => {
    expect(await codeInFragment("#code=~!!!")).toBeUndefined();
    expect(await codeInFragment("#code=%E0%A4%A")).toBeUndefined();
    expect(await codeInFragment("#other")).toBeUndefined();
    expect(await codeInFragment(await linkFragment("x".repeat(5_000_000)))).toBeUndefined();
  });
});
