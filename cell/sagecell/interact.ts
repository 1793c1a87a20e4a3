/** An interact on the page: its controls in rows, a place for what it prints; next: controls.ts. */
import { make } from "../dom.ts";
import { type ControlView, controlView, type Described } from "./controls.ts";
import { recordOf, textOf } from "./page.ts";

export type Update = (values: Readonly<Record<string, unknown>>) => void;

export class Interact {
  readonly id: string;
  readonly node = make("div", { class: "sagecell_interactContainer" });
  /** What its function prints goes here. */
  readonly output: HTMLElement = make("div", { class: "sagecell_interactOutput" });
  readonly #controls = new Map<string, { view: ControlView; cell: HTMLElement; lazy: boolean }>();
  readonly #update: Update;

  constructor(described: Described, update: Update) {
    this.id = textOf(described.new_interact_id);
    this.#update = update;
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
    for (const name of Object.keys(controls)) if (!placed.has(name)) this.node.append(this.#place(name, controls, locations));
    if (!placed.has("_output")) this.node.append(this.output);
    if (described.readonly === true)
      for (const box of this.node.querySelectorAll("input,select,textarea,button")) box.setAttribute("disabled", "");
  }

  /** A place of the page that `locations` names, else a cell of the row. */
  #place(name: string, controls: Described, locations: Described): HTMLElement {
    const elsewhere = name in locations ? document.querySelector<HTMLElement>(textOf(locations[name])) : null;
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
      this.#update({ [name]: view.value() });
    });
    this.#controls.set(name, { view, cell, lazy });
    const label = textOf(described.label);
    if (label !== "")
      cell.append(
        make("label", { class: "sagecell_interactControlLabel", text: label, attributes: { for: id, title: name } }),
        " ",
      );
    cell.append(make("div", { class: "sagecell_interactControl" }, view.node));
  }

  /** What a link to this interact keeps. */
  state(): Record<string, unknown> {
    return Object.fromEntries([...this.#controls].map(([name, { view }]) => [name, view.value()]));
  }

  restore(state: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(state)) this.set(name, value);
    this.#update(this.state());
  }

  set(name: string, value: unknown): void {
    this.#controls.get(name)?.view.set(value);
  }

  /** Its output begins anew: what waited was taken up. */
  clear(): void {
    this.output.replaceChildren();
    for (const { cell } of this.#controls.values()) cell.classList.remove("sagecell_dirtyControl");
  }
}
