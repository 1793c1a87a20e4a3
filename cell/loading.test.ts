/** What a page hands to a cell: event streams, code in its markup, links; next: run-state.test.ts. */
import { eventStreamReader, type StreamEvent } from "#cell/event-stream.ts";
import { embedLines, inFragment, linkFragment } from "#cell/share/share-link.ts";
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
  const there = async (code: string) => linkFragment({ code });

  it("brings back the very code, short or long", async () => {
    for (const code of [
      "factor(12)",
      "~x",
      "a&controls=b",
      "é😀".repeat(100),
      "for i in [1..9]:\n    print(i)\n".repeat(50),
      "%'()*",
    ]) {
      expect(await inFragment(await there(code))).toEqual({ code });
    }
  });

  it("brings back its language, and where the controls stood", async () => {
    const shared = {
      code: "@interact",
      language: "python",
      controls: [["IntSliderModel", 5] as const, ["TextModel", "x&y"] as const],
    };
    expect(await inFragment(await linkFragment(shared))).toEqual(shared);
  });

  it("is short for long code that repeats itself", async () => {
    expect((await there("print('hello')\n".repeat(400))).length).toBeLessThan(200);
  });

  it("gives nothing for what cannot be read, or unpacks to too much", async () => {
    expect(await inFragment("#code=~!!!")).toBeUndefined();
    expect(await inFragment("#code=%E0%A4%A")).toBeUndefined();
    expect(await inFragment("#code=x&controls=%7B")).toBeUndefined();
    expect(await inFragment("#other")).toBeUndefined();
    expect(await inFragment(await there("x".repeat(5_000_000)))).toBeUndefined();
  });

  it("and lines for a page hold the code as it is, markup too", () => {
    expect(embedLines("https://h", "R.<x> = QQ[]")).toBe(
      '<script type="module" src="https://h/cell.js"></script>\n<sage-cell><pre>R.&lt;x> = QQ[]</pre></sage-cell>',
    );
  });
});
