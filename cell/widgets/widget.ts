/** What a control is given to draw itself and to say what the reader did; next: sliders.ts (the first of them). */
import { make } from "../dom.ts";
import { typesetLatex } from "../math/typeset.ts";
import type { PageEdge } from "../output/page-edge.ts";
import type { WidgetState } from "./models.ts";

export interface Widget {
  /** Unique in the page, for labels. */
  readonly key: string;
  readonly naming: Naming;
  readonly page: PageEdge;
  readonly signal: AbortSignal;
  state(): WidgetState;
  /** Draws at once and whenever the state changed, until the widget goes. */
  watch(draw: (state: WidgetState) => void): void;
  change(patch: WidgetState): void;
  press(): void;
  /** Another widget, inside this one. */
  child(id: string, naming?: Naming): HTMLElement;
  /** The state of another one, for who must know before drawing it. */
  peek(id: string): { readonly name: string; readonly state: WidgetState } | undefined;
}
/** What a widget without a description is called, and the widgets in it by their place: the cells of a grid. */
export interface Naming {
  readonly own: string;
  readonly each?: (at: number) => string;
}
export type Build = (widget: Widget) => HTMLElement;

export function numberOf(value: unknown, otherwise: number): number {
  return typeof value === "number" && Number.isFinite(value) ? value : otherwise;
}

export function textIn(state: WidgetState, key: string): string {
  const value = state[key];
  return typeof value === "string" ? value : "";
}

export function textsIn(state: WidgetState, key: string): readonly string[] {
  const value = state[key];
  return Array.isArray(value) ? value.map(String) : [];
}

export function nameOf({ naming, state }: Widget): string {
  return textIn(state(), "description") || naming.own;
}

/** A control with its description before it, and what stands behind it. */
export function row(widget: Widget, control: HTMLElement, ...behind: HTMLElement[]): HTMLElement {
  control.id = widget.key;
  const label = make("label", { attributes: { for: widget.key } });
  const node = make("div", { class: "control" }, label, control, ...behind);
  describe(widget, label, control);
  return node;
}

/** Several controls under one description. */
export function groupRow(widget: Widget, ...controls: HTMLElement[]): HTMLElement {
  const label = make("span", { class: "control-label", attributes: { id: `${widget.key}-name` } });
  const node = make("div", { class: "control", attributes: { role: "group" } }, label, ...controls);
  describe(widget, label, node);
  return node;
}

function describe(widget: Widget, label: HTMLElement, named: HTMLElement): void {
  let shown: string | undefined;
  widget.watch((state) => {
    const description = textIn(state, "description");
    named.toggleAttribute("disabled", state.disabled === true);
    named.setAttribute("aria-label", plainName(description) || widget.naming.own);
    const tip = textIn(state, "tooltip") || textIn(state, "description_tooltip");
    if (tip !== "") named.title = tip;
    place(named.closest<HTMLElement>(".control") ?? named, widget, state);
    if (description === shown) return;
    shown = description;
    label.hidden = description === "";
    showMixed(label, description, widget.page);
  });
}

/** Text, and mathematics between dollar signs when it can be typeset. */
export function showMixed(into: HTMLElement, text: string, page: PageEdge): void {
  into.textContent = text;
  if (!/\$[^$]+\$|\\\(|\\\[/.test(text)) return;
  typesetLatex(text, page.root()).then(
    (typeset) => {
      if (into.textContent === text) into.replaceChildren(typeset);
    },
    () => {},
  );
}

function plainName(text: string): string {
  return text.replace(/[$\\{}]/g, "").trim();
}

/** Of a widget's layout, what can do no harm to the page: whether it is seen, and its width. */
function place(node: HTMLElement, widget: Widget, state: WidgetState): void {
  const id = textIn(state, "layout").replace(/^IPY_MODEL_/, "");
  const layout = widget.peek(id)?.state ?? {};
  node.hidden = layout.display === "none";
  node.style.visibility = layout.visibility === "hidden" ? "hidden" : "";
  const control = node.querySelector<HTMLElement>("input, textarea, select");
  const width = textIn(layout, "width") || textIn(layout, "max_width");
  if (control && /^\d{1,3}(\.\d+)?(em|ex|ch|px|%)$/.test(width)) {
    control.style.maxWidth = width;
    control.style.minWidth = "min(100%, 3rem)";
  }
}
