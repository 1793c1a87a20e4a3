/** Widgets of Sage's interact in, SageMathCell's controls and outputs out; next: sagecell-interacts.ts. */
import { Interacts } from "#gateway/compat/sagecell-interacts.ts";
import type { Said, Spoken } from "#gateway/compat/sagecell-wire.ts";

const said = (msg_type: Said["msg_type"], content: Record<string, unknown>): Said => ({ msg_type, content, metadata: {} });
const opened = (comm_id: string, state: Record<string, unknown>) =>
  said("comm_open", { comm_id, target_name: "jupyter.widget", data: { state } });
const updated = (comm_id: string, state: Record<string, unknown>) =>
  said("comm_msg", { comm_id, data: { method: "update", state } });
const shown = (model_id: string) =>
  said("display_data", { data: { "text/plain": "", "application/vnd.jupyter.widget-view+json": { model_id } } });
const stream = (text: string) => ({ output_type: "stream", name: "stdout", text });
const dataOf = (spoken: Spoken | undefined) => spoken?.content["data"] as Record<string, Record<string, unknown>>;

/** One interact with these widgets. */
const interactWith = (widgets: Record<string, Record<string, unknown>>) => {
  const interacts = new Interacts();
  for (const [id, state] of Object.entries(widgets)) expect(interacts.hear(opened(id, state))).toEqual([]);
  interacts.hear(opened("out", { _model_name: "OutputModel", outputs: [] }));
  interacts.hear(opened("box", { _model_name: "VBoxModel", children: [] }));
  interacts.hear(updated("box", { children: [...Object.keys(widgets), "out"].map((id) => `IPY_MODEL_${id}`) }));
  interacts.hear(updated("out", { outputs: [stream("first\n")] }));
  const spoken = interacts.hear(shown("box")) ?? [];
  return {
    interacts,
    spoken,
    controls: dataOf(spoken[0])["application/sage-interact"]?.["controls"] as Record<string, object>,
  };
};

test("every widget that Sage's interact makes has a control", () => {
  const { controls } = interactWith({
    a: { _model_name: "IntSliderModel", description: "a", min: 1, max: 5, step: 1, value: 2 },
    b: { _model_name: "FloatRangeSliderModel", description: "b", min: 0, max: 1, step: 0.1, value: [0.2, 0.3] },
    c: { _model_name: "SelectionSliderModel", description: "c", _options_labels: ["1", "3", "5"], index: 1 },
    d: { _model_name: "DropdownModel", description: "the d", _options_labels: ["x", "y"], index: 0 },
    e: { _model_name: "ToggleButtonsModel", description: "e", _options_labels: ["x", "y"], index: 1 },
    f: { _model_name: "CheckboxModel", description: "f", value: true },
    g: { _model_name: "TextModel", description: "g", value: "x^2" },
    h: { _model_name: "ColorPickerModel", description: "h", value: "#ff0000" },
    i: { _model_name: "LabelModel", value: "<b>" },
  });
  expect(controls).toMatchObject({
    a: { control_type: "slider", subtype: "continuous", range: [1, 5], default: 2, label: "a", update: true },
    b: { control_type: "slider", subtype: "continuous_range", default: [0.2, 0.3] },
    c: { control_type: "slider", subtype: "discrete", range: [0, 2], values: ["1", "3", "5"], default: 1 },
    control_3: { control_type: "selector", subtype: "list", values: 2, value_labels: ["x", "y"], label: "the d" },
    e: { control_type: "selector", subtype: "button", nrows: 1, ncols: 2, default: 1 },
    f: { control_type: "checkbox", default: true },
    g: { control_type: "input_box", subtype: "input", default: "x^2" },
    h: { control_type: "color_selector", default: "#ff0000" },
    control_8: { control_type: "html_box", value: "&lt;b>" },
  });
});

test("what its Output says is marked with its id; more is added, other output replaces", () => {
  const { interacts, spoken } = interactWith({});
  const texts = (all: Spoken[] | undefined) => all?.map((one) => one.content["text"] ?? Object.keys(dataOf(one))[0]);
  expect(texts(spoken.slice(1))).toEqual(["application/sage-clear", "first\n"]);
  expect(spoken.slice(1).every(({ metadata }) => metadata?.["interact_id"] === "box")).toBe(true);
  expect(texts(interacts.hear(updated("out", { outputs: [stream("first\n"), stream("second\n")] })))).toEqual(["second\n"]);
  expect(texts(interacts.hear(updated("out", { outputs: [stream("new\n")] })))).toEqual(["application/sage-clear", "new\n"]);
});

test("a moved control is a change of its widget, in the widget's own terms", () => {
  const { interacts } = interactWith({
    a: { _model_name: "IntSliderModel", description: "a", min: 1, max: 5, value: 2 },
    c: { _model_name: "SelectionSliderModel", description: "c", _options_labels: ["1", "3"], index: 1 },
    n: { _model_name: "IntTextModel", description: "n", value: 3 },
    go: { _model_name: "ButtonModel", description: "Run Interact" },
  });
  const state = (changed: object) => ({ method: "update", state: changed, buffer_paths: [] });
  expect(interacts.changes("box", { a: 4, c: 0, n: "12", control_3: true })).toEqual([
    { widget: "a", change: state({ value: 4 }) },
    { widget: "c", change: state({ index: 0 }) },
    { widget: "n", change: state({ value: 12 }) },
    { widget: "go", change: { method: "custom", content: { event: "click" } } },
  ]);
});

test("what no control could say, and what there is not, changes nothing", () => {
  const { interacts } = interactWith({
    a: { _model_name: "IntSliderModel", description: "a", min: 1, max: 5, value: 2 },
    d: { _model_name: "DropdownModel", description: "d", _options_labels: ["x", "y"], index: 0 },
  });
  const nonsense = { a: "x", d: -1, __proto__: 1, constructor: 1, other: 1 };
  expect(interacts.changes("box", nonsense)).toEqual([]);
  expect(interacts.changes("nobody", { a: 1 })).toEqual([]);
});

test("a comm that is no widget is passed on as it is", () => {
  const interacts = new Interacts();
  expect(interacts.hear(said("comm_open", { comm_id: "x", target_name: "threejs", data: {} }))).toBeUndefined();
  expect(interacts.hear(said("comm_msg", { comm_id: "x", data: {} }))).toBeUndefined();
  expect(interacts.hear(said("display_data", { data: { "text/plain": "7" } }))).toBeUndefined();
});

test("boxes that hold each other are opened only so far", () => {
  const interacts = new Interacts();
  interacts.hear(opened("box", { _model_name: "VBoxModel", children: ["IPY_MODEL_box", "IPY_MODEL_box"] }));
  expect(interacts.hear(shown("box"))).toBeUndefined();
});
