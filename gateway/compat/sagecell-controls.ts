/** A widget of Sage's interact as a control of SageMathCell's, and a moved control as a change of its widget; next: sagecell-bundle.ts. */
import { textOf } from "#gateway/compat/sagecell-bundle.ts";

export type State = Record<string, unknown>;
export type Control = Record<string, unknown>;

/** What a comm is told: a new state, or a press. */
export type Change = { method: "update"; state: State; buffer_paths: [] } | { method: "custom"; content: { event: "click" } };

const labels = (state: State): string[] =>
  Array.isArray(state["_options_labels"]) ? state["_options_labels"].map((label) => textOf(label)) : [];
const numbers = (state: State) => ({
  range: [state["min"] ?? 0, state["max"] ?? 1],
  step: state["step"] ?? 1,
  default: state["value"],
});
const slider = (subtype: string) => (state: State) => ({
  control_type: "slider",
  subtype,
  ...numbers(state),
  display_value: true,
});
const labelled = (subtype: string) => (state: State) => {
  const values = labels(state);
  const range = [0, Math.max(0, values.length - 1)];
  return { control_type: "slider", subtype, range, step: 1, values, default: state["index"] ?? 0, display_value: true };
};
const selector = (subtype: string, inRow: boolean) => (state: State) => {
  const value_labels = labels(state);
  const values = value_labels.length;
  const [nrows, ncols] = inRow ? [1, values] : [values, 1];
  return { control_type: "selector", subtype, values, value_labels, nrows, ncols, width: "", default: state["index"] ?? 0 };
};
const input = (subtype: string) => (state: State) => ({
  control_type: "input_box",
  subtype,
  default: textOf(state["value"]),
  width: subtype === "textarea" ? 60 : 30,
  height: 4,
  evaluate: false,
  keypress: false,
});
const html = (state: State) => ({ control_type: "html_box", value: textOf(state["value"]) });

const kinds: Record<string, (state: State) => Control> = {
  IntSliderModel: slider("continuous"),
  FloatSliderModel: slider("continuous"),
  IntRangeSliderModel: slider("continuous_range"),
  FloatRangeSliderModel: slider("continuous_range"),
  SelectionSliderModel: labelled("discrete"),
  SelectionRangeSliderModel: labelled("discrete_range"),
  DropdownModel: selector("list", false),
  SelectModel: selector("list", false),
  RadioButtonsModel: selector("radio", false),
  ToggleButtonsModel: selector("button", true),
  CheckboxModel: (state) => ({ control_type: "checkbox", default: state["value"] === true }),
  ToggleButtonModel: (state) => ({ control_type: "checkbox", default: state["value"] === true }),
  TextModel: input("input"),
  ComboboxModel: input("input"),
  IntTextModel: input("input"),
  BoundedIntTextModel: input("input"),
  FloatTextModel: input("input"),
  BoundedFloatTextModel: input("input"),
  TextareaModel: input("textarea"),
  ColorPickerModel: (state) => ({ control_type: "color_selector", default: textOf(state["value"]), hide_input: false }),
  ButtonModel: (state) => ({ control_type: "button", text: textOf(state["description"]), width: "" }),
  HTMLModel: html,
  HTMLMathModel: html,
  LabelModel: (state) => ({ ...html(state), value: textOf(state["value"]).replaceAll("&", "&amp;").replaceAll("<", "&lt;") }),
};

/** `lazy`: changes wait for a button. Undefined: no control has this form. */
export function controlOf(state: State, lazy: boolean): Control | undefined {
  const make = kinds[textOf(state["_model_name"])];
  if (!make) return undefined;
  const control = make(state);
  const label = control["control_type"] === "button" ? "" : textOf(state["description"]);
  return { ...control, label, raw: true, update: !lazy };
}

/** What a moved control says to its widget; undefined for what none of its kind could say. */
export function changeOf(control: Control, state: State, value: unknown): Change | undefined {
  const update = (changed: State): Change => ({ method: "update", state: changed, buffer_paths: [] });
  switch (control["control_type"]) {
    case "button":
      return value === false ? undefined : { method: "custom", content: { event: "click" } };
    case "checkbox":
      return update({ value: value === true });
    case "selector":
      return isIndex(value) ? update({ index: value }) : undefined;
    case "slider":
      if (!(typeof value === "number" || isPair(value))) return undefined;
      return update(textOf(control["subtype"]).startsWith("discrete") ? { index: value } : { value });
    case "input_box": {
      if (typeof value !== "string" && typeof value !== "number") return undefined;
      const numeric = typeof state["value"] === "number";
      if (numeric && !Number.isFinite(Number(value))) return undefined;
      return update({ value: numeric ? Number(value) : String(value) });
    }
    case "color_selector":
      return typeof value === "string" ? update({ value }) : undefined;
    default:
      return undefined;
  }
}

const isIndex = (value: unknown): value is number => typeof value === "number" && Number.isInteger(value) && value >= 0;
const isPair = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "number");
