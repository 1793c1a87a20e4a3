/** What a cell shows after each message; next: blocks.test.ts. */
import { noOutput, type Output } from "#cell/output/items.ts";
import { addMessages, answerInput, closeInputs, type ShownMessage } from "#cell/output/model.ts";
import { shownLines } from "#cell/output/terminal-text.ts";

const message = (number: number, msg_type: ShownMessage["msg_type"], content: object, metadata: object = {}): ShownMessage => ({
  number,
  msg_type,
  content: content as Record<string, unknown>,
  metadata: metadata as Record<string, unknown>,
});
const stream = (number: number, text: string, name = "stdout") => message(number, "stream", { name, text });
const display = (number: number, plain: string, id?: string) =>
  message(number, "display_data", { data: { "text/plain": plain }, metadata: {}, transient: id ? { display_id: id } : {} });
const words = (output: Output) =>
  output.items.map((item) => {
    if (item.kind === "text") return `${item.stream}: ${[...shownLines(item.text)].join("")}`;
    return item.kind === "bundle" ? `${item.role}: ${item.bundle.data["text/plain"]}` : item.kind;
  });

describe("the output of a cell", () => {
  it("joins neighbours of one stream and keeps the order against everything else", () => {
    const output = addMessages(noOutput, [
      stream(1, "a"),
      stream(2, "b\n"),
      stream(3, "oh", "stderr"),
      display(4, "picture"),
      stream(5, "c"),
    ]);
    expect(words(output)).toEqual(["stdout: ab\n", "stderr: oh", "display: picture", "stdout: c"]);
  });

  it("is the same whether messages come one by one or together, and a repeat changes nothing", () => {
    const all = [stream(1, "a"), display(2, "b"), stream(3, "c"), stream(4, "d", "stderr")];
    const together = addMessages(noOutput, all);
    const single = all.reduce((output, one) => addMessages(addMessages(output, [one]), [one]), noOutput);
    expect(words(single)).toEqual(words(together));
    expect(addMessages(together, all).items).toEqual(together.items);
  });

  it("keeps the objects of items that did not change", () => {
    const before = addMessages(noOutput, [display(1, "x"), stream(2, "a")]);
    const after = addMessages(before, [stream(3, "b")]);
    expect(after.items[0]).toBe(before.items[0]);
    expect(after.items[1]).not.toBe(before.items[1]);
    expect(after.items[1]?.key).toBe(before.items[1]?.key);
  });

  it("updates every display with that id, where it stands", () => {
    const output = addMessages(noOutput, [
      display(1, "one", "d"),
      display(2, "other"),
      display(3, "two", "d"),
      message(4, "update_display_data", { data: { "text/plain": "new" }, metadata: {}, transient: { display_id: "d" } }),
    ]);
    expect(words(output)).toEqual(["display: new", "display: other", "display: new"]);
  });

  it("clears at once, or with wait when the next output comes", () => {
    expect(addMessages(noOutput, [stream(1, "a"), message(2, "clear_output", { wait: false })]).items).toEqual([]);
    const waiting = addMessages(noOutput, [stream(1, "a"), message(2, "clear_output", { wait: true })]);
    expect(words(waiting)).toEqual(["stdout: a"]);
    expect(words(addMessages(waiting, [stream(3, "b")]))).toEqual(["stdout: b"]);
  });

  it("keeps an unanswered question when the output is cleared", () => {
    const asked = addMessages(noOutput, [message(1, "input_request", { prompt: "n? ", password: false })]);
    const cleared = addMessages(asked, [message(2, "clear_output", {})]);
    expect(cleared.items).toMatchObject([{ kind: "input", state: "open" }]);
    expect(answerInput(cleared, cleared.items[0]?.key ?? 0, "5").items).toMatchObject([{ state: "answered", answer: "5" }]);
    expect(closeInputs(cleared).items).toMatchObject([{ state: "closed" }]);
  });

  it("takes links to payloads from the message's metadata", () => {
    const output = addMessages(noOutput, [
      message(1, "display_data", { data: {}, metadata: {} }, { links: { "image/png": { path: "shown/1.png", size: 5 } } }),
    ]);
    expect(output.items).toMatchObject([{ bundle: { links: { "image/png": { path: "shown/1.png", size: 5 } } } }]);
  });

  it("survives nonsense in every field", () => {
    const types = [
      "stream",
      "execute_result",
      "display_data",
      "update_display_data",
      "error",
      "input_request",
      "extension",
    ] as const;
    const nonsense = [{}, { data: null, text: null, transient: 5 }, { data: [], text: {}, traceback: 7, formatting: "x" }];
    let number = 0;
    const messages = types.flatMap((type) => nonsense.map((content) => message(++number, type, content)));
    expect(addMessages(noOutput, messages).lastNumber).toBe(number);
  });
});
