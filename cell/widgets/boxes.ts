/** Widgets that hold widgets: rows, columns, grids, tabs, folds; next: shown.ts. */
import { make } from "../dom.ts";
import { words } from "../words/words.ts";
import { references } from "./models.ts";
import { type Build, type Naming, numberOf, textIn, textsIn, type Widget } from "./widget.ts";

export const column: Build = (widget) => box(widget, "column");
export const rowBox: Build = (widget) => box(widget, "row");

function box(widget: Widget, direction: "row" | "column"): HTMLElement {
  const node = make("div", { class: `box box-${direction}` });
  const { own, each } = widget.naming;
  eachChange(widget, (ids) => {
    const grid = direction === "row" ? gridName(widget, ids) : undefined;
    node.classList.toggle("input-grid", grid !== undefined);
    if (grid !== undefined) {
      node.setAttribute("role", "group");
      node.setAttribute("aria-label", grid);
    }
    node.replaceChildren(
      ...ids.map((id, at) => widget.child(id, grid === undefined ? { own: each?.(at) ?? own } : columnNames(grid, at))),
    );
  });
  return node;
}

/** Sage's grid of inputs is a label and then columns: its fields have no descriptions, so they are called by their places. */
function gridName(widget: Widget, ids: readonly string[]): string | undefined {
  const [label, ...columns] = ids.map((id) => widget.peek(id));
  if (label?.name !== "LabelModel" || columns.length === 0) return undefined;
  if (columns.some((one) => one?.name !== "VBoxModel")) return undefined;
  return textIn(label.state, "value") || words("table");
}

function columnNames(name: string, column: number): Naming {
  return { own: name, each: (row) => words("gridCell", { name, row: row + 1, column }) };
}

export const accordion: Build = (widget) => {
  const node = make("div", { class: "box" });
  eachChange(widget, (ids) => {
    const titles = textsIn(widget.state(), "titles");
    node.replaceChildren(
      ...ids.map((id, at) => {
        const fold = make("details", {}, make("summary", { text: titles[at] || String(at + 1) }), widget.child(id));
        fold.open = widget.state().selected_index === at;
        return fold;
      }),
    );
  });
  return node;
};

export const tabs: Build = (widget) => {
  const bar = make("div", { class: "button-row", attributes: { role: "tablist" } });
  const panels = make("div", {});
  const choose = (at: number) => widget.change({ selected_index: at });
  eachChange(widget, (ids) => {
    const titles = textsIn(widget.state(), "titles");
    panels.replaceChildren(
      ...ids.map((id, at) => {
        const attributes = { id: `${widget.key}-${at}`, role: "tabpanel", "aria-labelledby": `${widget.key}-${at}-tab` };
        return make("div", { attributes }, widget.child(id));
      }),
    );
    bar.replaceChildren(
      ...ids.map((_, at) =>
        make("button", {
          text: titles[at] || String(at + 1),
          class: "choice",
          attributes: { type: "button", role: "tab", id: `${widget.key}-${at}-tab`, "aria-controls": `${widget.key}-${at}` },
          on: { click: () => choose(at) },
        }),
      ),
    );
  });
  bar.addEventListener("keydown", ({ key }) => {
    const by = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
    if (by === 0) return;
    choose((numberOf(widget.state().selected_index, 0) + by + bar.children.length) % Math.max(1, bar.children.length));
    (bar.querySelector("[aria-selected=true]") as HTMLElement | null)?.focus();
  });
  widget.watch((state) => {
    for (const [at, tab] of [...bar.children].entries()) {
      const chosen = at === numberOf(state.selected_index, 0);
      tab.setAttribute("aria-selected", String(chosen));
      (tab as HTMLElement).tabIndex = chosen ? 0 : -1;
      (panels.children[at] as HTMLElement).hidden = !chosen;
    }
  });
  return make("div", { class: "box" }, bar, panels);
};

/** Draws anew when there are other children, not when one of them changed. */
function eachChange(widget: Widget, draw: (ids: readonly string[]) => void): void {
  let shown: string | undefined;
  widget.watch((state) => {
    const ids = references(state.children);
    const now = `${ids.join()} ${JSON.stringify(state.titles ?? null)}`;
    if (now === shown) return;
    shown = now;
    draw(ids);
  });
}
