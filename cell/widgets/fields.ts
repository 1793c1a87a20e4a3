/** What a reader fills in: text, numbers, check boxes, colours, dates; next: boxes.ts. */
import { make } from "../dom.ts";
import type { WidgetState } from "./models.ts";
import { type Build, numberOf, row, textIn, textsIn, type Widget } from "./widget.ts";

/** A kernel need not hear every letter. */
const typingMs = 300;

export const text: Build = (widget) => textField(widget, make("input", { attributes: { type: "text", ...asCode } }));
export const password: Build = (widget) =>
  textField(widget, make("input", { attributes: { type: "password", autocomplete: "off" } }));
export const textarea: Build = (widget) => {
  const area = make("textarea", { attributes: asCode });
  widget.watch((state) => {
    area.rows = Math.max(1, Math.min(numberOf(state.rows, 3), 30));
  });
  return textField(widget, area);
};
const asCode = { autocomplete: "off", autocapitalize: "off", spellcheck: "false" };

export const combobox: Build = (widget) => {
  const list = make("datalist", { attributes: { id: `${widget.key}-list` } });
  const field = make("input", { attributes: { type: "text", list: `${widget.key}-list`, ...asCode } });
  widget.watch((state) =>
    list.replaceChildren(...textsIn(state, "options").map((value) => make("option", { attributes: { value } }))),
  );
  const node = textField(widget, field);
  node.append(list);
  return node;
};

function textField(widget: Widget, field: HTMLInputElement | HTMLTextAreaElement): HTMLElement {
  const node = row(widget, field);
  settled(widget, field, () => ({ value: field.value }));
  let drawn: string | undefined;
  widget.watch((state) => {
    field.placeholder = textIn(state, "placeholder").replace(/^\u200b$/, "");
    const value = textIn(state, "value");
    // What is being typed is not overwritten by what did not change.
    if (value !== drawn && value !== field.value) field.value = value;
    drawn = value;
  });
  return node;
}

export const numberField: Build = (widget) => {
  const field = make("input", { attributes: { type: "number", inputmode: "decimal" } });
  const node = row(widget, field);
  settled(widget, field, () => (field.validity.valid && field.value !== "" ? { value: Number(field.value) } : {}));
  let drawn: number | undefined;
  widget.watch((state) => {
    const step = numberOf(state.step, 0);
    field.step = step > 0 ? String(step) : "any";
    if (typeof state.min === "number") field.min = String(state.min);
    if (typeof state.max === "number") field.max = String(state.max);
    const value = numberOf(state.value, 0);
    if (value !== drawn && value !== Number(field.value || Number.NaN)) field.value = String(value);
    drawn = value;
  });
  return node;
};

export const checkbox: Build = (widget) => {
  const box = make("input", { attributes: { type: "checkbox" } });
  const node = row(widget, box);
  box.addEventListener("change", () => widget.change({ value: box.checked }));
  widget.watch((state) => {
    box.checked = state.value === true;
  });
  return node;
};

export const toggle: Build = (widget) => {
  const self = make("button", { class: "choice", attributes: { type: "button" } });
  self.addEventListener("click", () => widget.change({ value: widget.state().value !== true }));
  widget.watch((state) => {
    self.textContent = textIn(state, "description");
    self.setAttribute("aria-pressed", String(state.value === true));
    self.disabled = state.disabled === true;
  });
  return make("div", { class: "control" }, self);
};

export const colour: Build = (widget) => {
  const field = make("input", { attributes: { type: "color" } });
  const node = row(widget, field);
  settled(widget, field, () => ({ value: field.value }));
  widget.watch((state) => {
    const value = hexOf(textIn(state, "value"));
    if (value !== field.value) field.value = value;
  });
  return node;
};

/** A canvas knows every name of a colour that CSS has. */
function hexOf(name: string): string {
  const pen = document.createElement("canvas").getContext("2d");
  if (!pen) return "#000000";
  pen.fillStyle = name;
  return typeof pen.fillStyle === "string" && pen.fillStyle.startsWith("#") ? pen.fillStyle : "#000000";
}

/** Jupyter counts months from 0. */
export const date: Build = (widget) => {
  const field = make("input", { attributes: { type: "date" } });
  const node = row(widget, field);
  field.addEventListener("change", () => {
    const [year, month, day] = field.value.split("-").map(Number);
    widget.change({ value: year === undefined || !month || !day ? null : { year, month: month - 1, date: day } });
  });
  widget.watch((state) => {
    const { year, month, date: day } = (state.value ?? {}) as Record<string, number | undefined>;
    field.value =
      year === undefined || month === undefined || day === undefined
        ? ""
        : `${String(year).padStart(4, "0")}-${String(month + 1).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
  });
  return node;
};

/** At Enter or when the field is left; in between only if the widget wants that, and not at every letter. */
function settled(widget: Widget, field: HTMLInputElement | HTMLTextAreaElement, state: () => WidgetState): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const say = () => {
    clearTimeout(timer);
    const patch = state();
    const [key] = Object.keys(patch);
    if (key !== undefined && patch[key] !== widget.state()[key]) widget.change(patch);
  };
  field.addEventListener("change", say);
  field.addEventListener("input", () => {
    clearTimeout(timer);
    if (widget.state().continuous_update !== false) timer = setTimeout(say, typingMs);
  });
  widget.signal.addEventListener("abort", () => clearTimeout(timer));
}
