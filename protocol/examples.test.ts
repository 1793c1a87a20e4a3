/** The golden messages: every type has one, and each is what the schemas say; next: kernel-image/kernel/tests/golden_test.py, which runs their code. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { kernelMessage, outputMessageTypes } from "#protocol/messages.ts";

const folder = join(import.meta.dirname, "examples");
/** Code with all that it must give back. `input` answers each input_request. */
const example = z.strictObject({
  code: z.string(),
  language: z.enum(["sage", "python"]).optional(),
  expressions: z.record(z.string(), z.string()).optional(),
  input: z.string().optional(),
  messages: z.array(z.strictObject(kernelMessage.shape)).min(1),
});
/** What an extension message of `new_stream` carries. */
const formatting = z.strictObject({
  extension: z.literal("formatting"),
  formatting: z.discriminatedUnion("action", [
    z.strictObject({
      action: z.literal("open"),
      block: z.string(),
      kind: z.enum(["text", "html", "image", "table", "row", "cell"]),
      parent: z.string().nullable(),
    }),
    z.strictObject({ action: z.literal("append"), block: z.string(), text: z.string() }),
  ]),
});
const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), "utf8"));
const names = readdirSync(folder).filter((name) => name !== "formatting.json");
const messages = names.flatMap((name) => example.parse(read(name)).messages);

describe("golden messages", () => {
  test.each(names)("%s is code and the messages it gives back, ended by one execute_reply", (name) => {
    const types = example.parse(read(name)).messages.map(({ msg_type }) => msg_type);
    expect(types.indexOf("execute_reply")).toBe(types.length - 1);
  });
  test("every type of message has an example", () => {
    const shown = new Set(messages.map(({ msg_type }) => msg_type));
    expect(outputMessageTypes.filter((type) => !shown.has(type))).toEqual([]);
  });
  test("extension messages carry formatting", () => {
    const contents = [
      ...z.array(z.unknown()).parse(read("formatting.json")),
      ...messages.filter(({ msg_type }) => msg_type === "extension").map(({ content }) => content),
    ];
    for (const content of contents) formatting.parse(content);
  });
  test("a payload that became a file is linked with its path and size, and is no longer in the bundle", () => {
    const linked = messages.filter(({ metadata }) => metadata["links"]);
    expect(linked.length).toBeGreaterThan(0);
    for (const { content, metadata } of linked)
      for (const [type, link] of Object.entries(z.record(z.string(), z.unknown()).parse(metadata["links"]))) {
        z.strictObject({ path: z.string(), size: z.int().positive() }).parse(link);
        expect(content["data"]).not.toHaveProperty([type]);
      }
  });
});
