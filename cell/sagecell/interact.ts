/** An interact on the page: its controls in rows, a place for what it prints; next: bookmarks.ts. */
import { make } from "../dom.ts";
import { Bookmarks, type State } from "./bookmarks.ts";
import { controlView } from "./controls.ts";
import type { ControlView, Described } from "./described.ts";
import { recordOf, textOf } from "./page.ts";

/** `all`: a whole state, that runs it also where controls wait for a button. */
export type Update = (values: State, all: boolean) => void;

export class Interact {
  readonly id: string;
  readonly node = make("div", { class: "sagecell_interactContainer" });
  /** What its function prints goes here. */
  readonly output: HTMLElement = make("div", { class: "sagecell_interactOutput" });
  readonly bookmarks: Bookmarks;
  readonly #controls = new Map<string, { view: ControlView; cell: HTMLElement; lazy: boolean }>();
  readonly #update: Update;
  readonly #readOnly: boolean;

  constructor(described: Described, update: Update) {
    this.id = textOf(described.new_interact_id);
    this.#update = update;
    this.#readOnly = described.readonly === true;
    this.bookmarks = new Bookmarks(
      () => this.state(),
      (values) => this.restore(values),
    );
    const controls = recordOf(described.controls);
    const locations = recordOf(described.locations);
    const rows = Array.isArray(described.layout) ? (described.layout as unknown[]) : [];
    const placed = new Set<string>();
    for (const row of rows) {
      const line = make("div", { class: "sagecell_interactRow" });
      const columns = Array.isArray(row) ? (row as unknown[][]) : [];
      const total = columns.reduce((sum, column) => sum + (Number(column[1]) || 1), 0);
      for (const [name, width] of columns) {
        placed.add(textOf(name));
        const cell = this.#place(textOf(name), controls, locations);
        cell.style.width = `${(100 * (Number(width) || 1)) / total}%`;
        if (cell.parentNode === null) line.append(cell);
      }
      this.node.append(line);
    }
    for (const name of [...Object.keys(controls), ...("_output" in locations ? ["_output"] : [])]) {
      if (placed.has(name)) continue;
      const cell = this.#place(name, controls, locations);
      if (cell.parentNode === null) this.node.append(cell);
    }
    if (!this.output.parentNode) this.node.append(this.output);
    const shelf = placeOf(locations, "_bookmarks") ?? this.node;
    if (!this.#readOnly) shelf.append(this.bookmarks.node);
  }

  /** A place of the page that `locations` names, else a cell of the row. */
  #place(name: string, controls: Described, locations: Described): HTMLElement {
    const elsewhere = placeOf(locations, name);
    elsewhere?.replaceChildren();
    const cell = elsewhere ?? make("div", { class: "sagecell_interactControlCell" });
    if (name === "_output") cell.append(this.output);
    else this.#addControl(name, recordOf(controls[name]), cell);
    return cell;
  }

  #addControl(name: string, described: Described, cell: HTMLElement): void {
    const id = `${this.id}_${name}`;
    const lazy = described.update === false && described.control_type !== "button";
    const view = controlView(described, id, () => {
      if (lazy) cell.classList.add("sagecell_dirtyControl");
      this.#update({ [name]: view.value() }, false);
    });
    this.#controls.set(name, { view, cell, lazy });
    const label = textOf(described.label);
    if (label !== "")
      cell.append(
        make("label", { class: "sagecell_interactControlLabel", text: label, attributes: { for: id, title: name } }),
        " ",
      );
    cell.append(make("div", { class: "sagecell_interactControl" }, view.node));
    if (this.#readOnly) for (const box of view.node.querySelectorAll(fields)) box.setAttribute("disabled", "");
    if (this.#readOnly && view.node.matches(fields)) view.node.setAttribute("disabled", "");
  }

  /** The code added a control: it stands above the output. */
  add(name: string, described: Described): void {
    this.remove(name);
    const cell = make("div", { class: "sagecell_interactControlCell" });
    this.#addControl(name, described, cell);
    const row = make("div", { class: "sagecell_interactRow" }, cell);
    const below = [...this.node.children].find((child) => child.contains(this.output));
    this.node.insertBefore(row, below ?? this.bookmarks.node);
  }

  remove(name: string): void {
    const cell = this.#controls.get(name)?.cell;
    this.#controls.delete(name);
    cell?.remove();
  }

  /** What a link to this interact keeps. */
  state(): Record<string, unknown> {
    const standing = [...this.#controls].filter(([, { view }]) => !view.pulse);
    return Object.fromEntries(standing.map(([name, { view }]) => [name, view.value()]));
  }

  restore(state: State): void {
    const known = Object.entries(state).filter(([name]) => this.#controls.has(name));
    for (const [name, value] of known) this.set(name, value);
    this.#update(Object.fromEntries(known), true);
  }

  set(name: string, value: unknown, index?: unknown): void {
    this.#controls.get(name)?.view.set(value, index);
  }

  /** Its output begins anew: what waited was taken up. */
  clear(): void {
    this.output.replaceChildren();
    for (const { cell } of this.#controls.values()) cell.classList.remove("sagecell_dirtyControl");
  }
}

const fields = "input,select,textarea,button";

/** The first element of the page that a selector of the code names. */
function placeOf(locations: Described, name: string): HTMLElement | null {
  if (!Object.hasOwn(locations, name)) return null;
  try {
    return document.querySelector<HTMLElement>(textOf(locations[name]));
  } catch {
    return null;
  }
}
