/** Sliders of every kind, as the browser's own range controls: arrows, Page Up, Home and touch work; next: choices.ts. */
import { make } from "../dom.ts";
import { words } from "../words/words.ts";
import type { WidgetState } from "./models.ts";
import { type Build, groupRow, nameOf, numberOf, row, textIn, textsIn, type Widget } from "./widget.ts";

/** Where a slider stands, and what its place means. */
interface Scale {
  readonly min: number;
  readonly max: number;
  readonly step: number | "any";
  words(place: number): string;
}

export const slider: Build = (widget) => {
  const toValue = (place: number) => place;
  return single(widget, { scaleOf: numbers, toPlace: (state) => numberOf(state.value, 0), toState: toValueState(toValue) });
};

export const logSlider: Build = (widget) => {
  const base = () => numberOf(widget.state().base, 10);
  return single(widget, {
    scaleOf: (state) => ({ ...numbers(state), words: (place) => formatted(base() ** place, textIn(state, "readout_format")) }),
    toPlace: (state) => Math.log(numberOf(state.value, 1)) / Math.log(base()),
    toState: toValueState((place) => base() ** place),
  });
};

export const selectionSlider: Build = (widget) =>
  single(widget, {
    scaleOf: choices,
    toPlace: (state) => numberOf(state.index, 0),
    toState: (place) => ({ index: place }),
  });

export const rangeSlider: Build = (widget) => double(widget, { scaleOf: numbers, key: "value" });
export const selectionRangeSlider: Build = (widget) => double(widget, { scaleOf: choices, key: "index" });

const toValueState = (value: (place: number) => number) => (place: number) => ({ value: value(place) });

interface Single {
  readonly scaleOf: (state: WidgetState) => Scale;
  readonly toPlace: (state: WidgetState) => number;
  readonly toState: (place: number) => WidgetState;
}

function single(widget: Widget, { scaleOf, toPlace, toState }: Single): HTMLElement {
  const range = make("input", { attributes: { type: "range" } });
  const readout = make("output", { attributes: { for: widget.key } });
  const node = row(widget, range, readout);
  moved(widget, range, () => toState(Number(range.value)));
  widget.watch((state) => {
    const scale = scaleOf(state);
    fit(range, scale, toPlace(state));
    readout.value = scale.words(Number(range.value));
    range.setAttribute("aria-valuetext", readout.value);
    readout.hidden = state.readout === false;
  });
  range.addEventListener("input", () => {
    readout.value = scaleOf(widget.state()).words(Number(range.value));
    range.setAttribute("aria-valuetext", readout.value);
  });
  return node;
}

/** Two sliders under each other, of which neither passes the other. */
function double(
  widget: Widget,
  { scaleOf, key }: { scaleOf: (state: WidgetState) => Scale; key: "value" | "index" },
): HTMLElement {
  const [low, high] = [make("input", { attributes: { type: "range" } }), make("input", { attributes: { type: "range" } })];
  const readout = make("output", {});
  const places = (state: WidgetState) => {
    const value = Array.isArray(state[key]) ? (state[key] as unknown[]) : [];
    return [numberOf(value[0], 0), numberOf(value[1], 0)] as const;
  };
  const node = groupRow(widget, make("span", { class: "range-pair" }, low, high), readout);
  const now = (changed: HTMLInputElement) => {
    const [a, b] = [Number(low.value), Number(high.value)];
    if (a > b) (changed === low ? low : high).value = String(changed === low ? b : a);
    return { [key]: [Number(low.value), Number(high.value)] };
  };
  for (const one of [low, high]) moved(widget, one, () => now(one));
  widget.watch((state) => {
    const scale = scaleOf(state);
    const [from, to] = places(state);
    fit(low, scale, from);
    fit(high, scale, to);
    for (const [one, word] of [
      [low, "from"],
      [high, "to"],
    ] as const) {
      one.disabled = state.disabled === true;
      one.setAttribute("aria-label", words(word, { name: nameOf(widget) }));
      one.setAttribute("aria-valuetext", scale.words(Number(one.value)));
    }
    readout.value = `${scale.words(Number(low.value))} – ${scale.words(Number(high.value))}`;
    readout.hidden = state.readout === false;
  });
  return node;
}

/** While it moves, if the widget wants that; else when it is let go. */
function moved(widget: Widget, range: HTMLInputElement, state: () => WidgetState): void {
  range.addEventListener("input", () => {
    const patch = state();
    if (widget.state().continuous_update !== false) widget.change(patch);
  });
  range.addEventListener("change", () => {
    if (widget.state().continuous_update === false) widget.change(state());
  });
}

function fit(range: HTMLInputElement, { min, max, step }: Scale, place: number): void {
  range.min = String(min);
  range.max = String(max);
  range.step = String(step);
  if (Number(range.value) !== place) range.value = String(place);
}

function numbers(state: WidgetState): Scale {
  const step = numberOf(state.step, 0);
  const format = textIn(state, "readout_format");
  return {
    min: numberOf(state.min, 0),
    max: numberOf(state.max, 100),
    step: step > 0 ? step : "any",
    words: (place) => formatted(place, format),
  };
}

function choices(state: WidgetState): Scale {
  const labels = textsIn(state, "_options_labels");
  return { min: 0, max: Math.max(0, labels.length - 1), step: 1, words: (place) => labels[place] ?? "" };
}

/** The few formats that Sage and ipywidgets themselves set; anything else is shown as the number is. */
export function formatted(value: number, format: string): string {
  const [, digits, kind] = /^\.(\d)([feg%])$/.exec(format) ?? [];
  if (kind === "f") return value.toFixed(Number(digits));
  if (kind === "e") return value.toExponential(Number(digits));
  if (kind === "%") return `${(value * 100).toFixed(Number(digits))}%`;
  if (kind === "g") return String(Number(value.toPrecision(Math.max(1, Number(digits)))));
  return String(Number(value.toPrecision(12)));
}
