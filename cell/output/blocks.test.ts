/** Blocks of `new_stream`, by the golden messages; next: forms.test.ts. */
import { readFileSync } from "node:fs";
import { noOutput, type Output } from "#cell/output/items.ts";
import { addMessages } from "#cell/output/model.ts";
import { shownLines } from "#cell/output/terminal-text.ts";

type Content = Record<string, unknown>;
const golden = JSON.parse(
  readFileSync(new URL("../../protocol/examples/formatting.json", import.meta.url), "utf8"),
) as Content[];
const extensions = (contents: Content[], first = 1) =>
  contents.map((content, index) => ({ number: first + index, msg_type: "extension" as const, content, metadata: {} }));
const formatting = (what: Content): Content => ({ extension: "formatting", formatting: what });

/** Blocks as nested lists: kind, what was written, children. */
function tree(output: Output): unknown[] {
  return output.items.flatMap((item) => {
    if (item.kind !== "blocks") return [item.kind];
    const draw = (id: string): unknown => {
      const block = item.blocks.byId[id];
      return block && [block.kind, block.html || [...shownLines(block.text)].join(""), ...block.children.map(draw)];
    };
    return item.blocks.roots.map(draw);
  });
}

describe("blocks that user code opens", () => {
  it("nest as the kernel's own messages say", () => {
    expect(tree(addMessages(noOutput, extensions(golden)))).toEqual([
      ["text", "hello"],
      ["table", "", ["row", "", ["cell", "in", ["html", "<b>x</b>"]]]],
    ]);
  });

  it("keep their place when something else is printed between, and still grow there", () => {
    const output = addMessages(noOutput, [
      ...extensions(golden.slice(0, 2)),
      { number: 3, msg_type: "stream", content: { name: "stdout", text: "between" }, metadata: {} },
      ...extensions(
        [
          formatting({ block: "b1", action: "append", text: " again" }),
          formatting({ block: "b9", action: "open", kind: "html", parent: null }),
        ],
        4,
      ),
    ]);
    expect(tree(output)).toEqual([["text", "hello again"], "text", ["html", ""]]);
  });

  it("take pictures, also those that became files", () => {
    const link = { path: "shown/1.png", size: 300_000 };
    const output = addMessages(
      noOutput,
      extensions([
        formatting({ block: "b1", action: "open", kind: "image", parent: null }),
        formatting({ block: "b1", action: "append", data: { "text/plain": "p" }, metadata: { links: { "image/png": link } } }),
      ]),
    );
    expect(output.items).toMatchObject([{ blocks: { byId: { b1: { images: [{ links: { "image/png": link } }] } } } }]);
  });

  it("are left alone by messages about blocks that nobody opened", () => {
    const stray = formatting({ block: "__proto__", action: "append", text: "x" });
    expect(
      addMessages(noOutput, extensions([stray, formatting({ block: "b2", action: "open", parent: "nobody" })])).items,
    ).toEqual([]);
  });
});
