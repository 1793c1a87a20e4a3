/** `makeSagecell`: an element of the page becomes a cell, with the structure and names that pages rely on; next: cell-editor.ts. */
import jQuery from "jquery";
import { button, make } from "../dom.ts";
import { type CellEditor, cellEditor, type EditorData } from "./cell-editor.ts";
import { PageKernel } from "./kernel.ts";
import { type Arguments, type Options, optionsOf } from "./options.ts";
import { sagecell } from "./page.ts";
import { CellSession } from "./session.ts";
import styleText from "./style.css";

/** What `makeSagecell` gives: the options, and what became of them. */
export type CellInfo = Arguments & {
  array?: CellInfo[];
  session?: CellSession;
  /** Answers false, so that a form whose `onsubmit` it is stays where it is. */
  submit?: (event?: Event) => false;
  editorData?: EditorData;
};

const made = new WeakMap<Element, CellInfo>();
let cells = 0;
let styled = false;

/** At once where the page is there, else when it is; what it answers is filled then. Throws without a place, or with two for one. */
export function makeCells(given: Arguments): CellInfo {
  if (!given?.inputLocation) throw new Error("Must specify an inputLocation!");
  const info = given as CellInfo;
  const start = () => {
    const places = elementsOf(given.inputLocation);
    const outputs = given.outputLocation === undefined ? undefined : elementsOf(given.outputLocation);
    if (outputs && (places.length > 1 || outputs.length > 1)) throw new Error("An outputLocation needs one inputLocation!");
    const options = optionsOf(given, places.length);
    const link = places.length > 1 && options.linked && options.linkKey === undefined ? `call ${++cells}` : options.linkKey;
    const all = places.map((place) =>
      makeCell(place, outputs?.[0], { ...options, ...(link !== undefined && { linkKey: link }) }),
    );
    if (all.length === 1) Object.assign(info, all[0]);
    else info.array = all;
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start, { once: true });
  else start();
  return info;
}

function elementsOf(place: Arguments["inputLocation"]): Element[] {
  if (place instanceof Element) return [place];
  return jQuery(place as string).toArray();
}

function makeCell(place: Element, outputPlace: Element | undefined, options: Options): CellInfo {
  const known = made.get(place);
  if (known) return known;
  addStyle();
  const code = (options.code ?? codeAt(place, options.codeLocation)).trim();
  const isArea = place instanceof HTMLTextAreaElement;
  const area = isArea ? place : (place.querySelector("textarea") ?? make("textarea"));
  const input = isArea ? make("div") : place;
  if (isArea) place.replaceWith(input);
  const info: CellInfo = { ...options, code };
  const run = (): false => {
    evaluate(info, options, area, output);
    return false;
  };
  const editor = cellEditor(area, { kind: options.editor, code, run });
  input.classList.add("sagecell");
  input.replaceChildren(inputParts(editor, options, run));
  const outputElements = make(
    "div",
    { class: "sagecell_output_elements" },
    make("div", { class: "sagecell_output" }),
    make("div", { class: "sagecell_messages" }),
  );
  outputElements.style.display = "none";
  const output = outputElements.firstElementChild as HTMLElement;
  const into = outputPlace ?? input;
  into.classList.add("sagecell");
  into.append(outputElements);
  for (const name of options.hide) {
    const parts = [...input.querySelectorAll<HTMLElement>(`.sagecell_${CSS.escape(name)}`)];
    if (into !== input) parts.push(...outputElements.querySelectorAll<HTMLElement>(`.sagecell_${CSS.escape(name)}`));
    for (const part of parts) part.style.display = "none";
  }
  Object.assign(info, { inputLocation: input, outputLocation: into, submit: run, editorData: editor.data });
  made.set(place, info);
  made.set(input, info);
  if (options.autoeval && code !== "") run();
  options.callback?.();
  return info;
}

/** The button is the second child: pages press it by its place. */
function inputParts(editor: CellEditor, options: Options, run: () => void): HTMLElement {
  const choice = make("select", { attributes: { "aria-label": "Language" } });
  for (const name of options.languages) choice.append(make("option", { text: name, attributes: { value: name } }));
  choice.value = options.language;
  choice.addEventListener("change", () => {
    options.language = choice.value;
  });
  const submit = button(options.evalButtonText, run, { class: "sagecell_evalButton" });
  const language = make("div", { class: "sagecell_language" }, make("label", {}, "Language: ", choice));
  const box = options.collapse === undefined ? editor.node : collapsed(editor.node, options.collapse);
  return make("div", { class: "sagecell_input" }, box, submit, make("div", { class: "sagecell_options" }, language));
}

function collapsed(editor: HTMLElement, closed: boolean): HTMLElement {
  const details = make("details", {}, make("summary", { text: "Code" }), ...editor.childNodes);
  details.open = !closed;
  editor.replaceChildren(details);
  return editor;
}

function codeAt(place: Element, location: string | undefined): string {
  if (location !== undefined) return document.querySelector(location)?.textContent ?? "";
  const script = place.querySelector("script");
  if (script) return script.textContent ?? "";
  const area = place instanceof HTMLTextAreaElement ? place : place.querySelector("textarea");
  return area ? area.value : (place.textContent ?? "");
}

function evaluate(info: CellInfo, options: Options, area: HTMLTextAreaElement, output: HTMLElement): void {
  const at = kernelIndex(options);
  const before = sagecell.kernels[at];
  if (!options.linked) before?.kill();
  const kernel = options.linked && before && !before.over ? before : new PageKernel(options.linked);
  sagecell.kernels[at] = kernel;
  if (options.replaceOutput) {
    info.session?.leave();
    output.replaceChildren();
  }
  (output.parentElement as HTMLElement).style.display = "";
  const { language, hide, interacts } = options;
  options.interacts = [];
  info.session = new CellSession({ kernel, code: area.value, language, hide, interacts, idle: () => {} });
  output.prepend(info.session.node);
}

const indexes = new WeakMap<Options, number>();

/** Linked cells share a place among the page's kernels, every other cell has its own. */
function kernelIndex(options: Options): number {
  const known = indexes.get(options) ?? (options.linkKey === undefined ? undefined : sagecell.linkKeys[options.linkKey]);
  const at = known ?? sagecell.kernels.push(null) - 1;
  indexes.set(options, at);
  if (options.linkKey !== undefined) sagecell.linkKeys[options.linkKey] = at;
  return at;
}

function addStyle(): void {
  if (styled) return;
  styled = true;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styleText);
  document.adoptedStyleSheets.push(sheet);
}

const each = (info: CellInfo): CellInfo[] => info.array ?? [info];

export function deleteCell(info: CellInfo): void {
  for (const { inputLocation, outputLocation, session } of each(info)) {
    session?.leave();
    session?.kernel.kill();
    for (const place of [inputLocation, outputLocation]) if (place instanceof Element) place.remove();
    if (inputLocation instanceof Element) made.delete(inputLocation);
  }
}

const moved = new WeakMap<object, Node[]>();

/** Its form leaves its place, for a place that a page builds anew. */
export function moveInputForm(info: CellInfo): void {
  let store = document.getElementById("sagecell_moved");
  if (!store) {
    store = make("div", { attributes: { id: "sagecell_moved" } });
    store.style.display = "none";
    document.body.append(store);
  }
  for (const one of each(info)) {
    if (!(one.inputLocation instanceof Element)) continue;
    const nodes = [...one.inputLocation.childNodes];
    moved.set(one, nodes);
    store.append(...nodes);
  }
}

export function restoreInputForm(info: CellInfo): void {
  for (const one of each(info)) if (one.inputLocation instanceof Element) one.inputLocation.append(...(moved.get(one) ?? []));
}
