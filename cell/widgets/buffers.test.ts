/** The binary parts of widgets, and which widgets belong together; next: ../output/model.test.ts. */
import { withBuffers, withoutBuffers } from "#cell/widgets/buffers.ts";
import { family, WidgetModels } from "#cell/widgets/models.ts";

const base64 = (text: string) => btoa(text);
const text = (bytes: unknown) => new TextDecoder().decode(bytes as Uint8Array);

describe("the binary parts of a widget's state", () => {
  it("stand at their places, however deep, and go back as they came", () => {
    const data = {
      state: { value: [{ name: "a" }, { name: "b", content: null }], icon: null },
      buffer_paths: [["icon"], ["value", 1, "content"]],
    };
    const state = withBuffers(data, [base64("icon"), base64("two")]) as {
      icon: unknown;
      value: [unknown, { content: unknown }];
    };
    expect([text(state.icon), text(state.value[1].content), data.state.icon]).toEqual(["icon", "two", null]);
    const wire = withoutBuffers(state);
    expect(wire.buffer_paths.map((path, at) => [path.join(), atob(wire.buffers[at] as string)]).toSorted()).toEqual([
      ["icon", "icon"],
      ["value,1,content", "two"],
    ]);
    expect(wire.state).toEqual(data.state);
  });

  it("that lead nowhere, or are no base64, change nothing that matters", () => {
    const paths = [["__proto__", "x"], ["a", "b", "c"], [], "no path", Array(50).fill("a"), ["a"]];
    const state = withBuffers(
      { state: { a: 1 }, buffer_paths: paths },
      paths.map(() => "!!!"),
    );
    expect(state).toEqual({ a: new Uint8Array() });
    expect("x" in {}).toBe(false);
    expect(withBuffers({ state: { a: 1 } }, ["x"])).toEqual({ a: 1 });
  });
});

describe("a widget's family", () => {
  const models = new WidgetModels();
  const open = (comm_id: string, state: Record<string, unknown>) =>
    models.apply({ msg_type: "comm_open", content: { comm_id, target_name: "jupyter.widget", data: { state } } });

  it("is all that its state refers to, at any depth, in circles too, once each", () => {
    open("a", { children: ["IPY_MODEL_b"], options: { deep: [["IPY_MODEL_c"]] } });
    open("b", { layout: "IPY_MODEL_lay", parent: "IPY_MODEL_a" });
    for (const id of ["c", "lay", "stranger"]) open(id, {});
    expect(family(models, "a").map(({ id }) => id)).toEqual(["a", "b", "lay", "c"]);
    expect(family(models, "nobody")).toEqual([]);
  });

  it("hears what a widget's code says to its script", () => {
    const heard: unknown[] = [];
    models.onCustom("a", (content) => heard.push(content), new AbortController().signal);
    models.apply({ msg_type: "comm_msg", content: { comm_id: "a", data: { method: "custom", content: { hi: 1 } } } });
    expect(heard).toEqual([{ hi: 1 }]);
  });
});
