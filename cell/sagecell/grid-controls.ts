/** Controls of an interact that are several in one: rows of buttons, grids of boxes, sliders side by side; next: interact.ts. */
import { button, make } from "../dom.ts";
import { type Kind, labelsOf, listOf, numberOf, pairOf } from "./described.ts";
import { textOf } from "./page.ts";

const rowsMax = 200;

export const buttonBar: Kind = (described, id, changed) => {
  let pressed: number | null = null;
  const columns = Math.max(1, numberOf(described.ncols, 1));
  const buttons = labelsOf(described, "value_labels").map((text, at) =>
    button(
      text,
      () => {
        pressed = at;
        changed();
        pressed = null;
      },
      // Its own words: the label of them all stands for the first one too.
      { attributes: { id: at === 0 ? id : `${id}_${at}`, "aria-label": text } },
    ),
  );
  for (const one of buttons) one.style.width = textOf(described.width);
  const node = make("div", { class: "sagecell_buttonBar" }, ...buttons);
  node.style.gridTemplateColumns = `repeat(${columns}, max-content)`;
  return { node, value: () => pressed, set: () => {}, pulse: true };
};

/** Sent when a reader leaves a changed box, or by its own button. */
export const inputGrid: Kind = (described, id, changed) => {
  const [rows, columns] = [Math.min(rowsMax, numberOf(described.nrows, 1)), Math.min(rowsMax, numberOf(described.ncols, 1))];
  const at = (value: unknown, row: number, column: number) => textOf(listOf(listOf(value)[row])[column]);
  const boxes = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => {
      const label = `row ${row + 1}, column ${column + 1}`;
      const attributes = { id: `${id}_${row * columns + column}`, size: numberOf(described.width, 5), "aria-label": label };
      const box = make("input", { attributes: { ...attributes, autocapitalize: "off", autocomplete: "off" } });
      box.value = at(described.default, row, column);
      box.addEventListener("keydown", ({ key }) => key === "Enter" && changed());
      return box;
    }),
  );
  const table = make("table", {}, ...boxes.map((row) => make("tr", {}, ...row.map((box) => make("td", {}, box)))));
  return {
    node: make("div", { class: "sagecell_inputGrid" }, table, button("Submit", changed)),
    value: () => boxes.map((row) => row.map(({ value }) => value)),
    set(value, index) {
      const [row, column] = pairOf(index);
      const one = boxes[row]?.[column];
      if (index !== undefined && one) one.value = textOf(value);
      else if (index === undefined)
        for (const [r, line] of boxes.entries()) for (const [c, box] of line.entries()) box.value = at(value, r, c);
    },
  };
};

export const multiSlider: Kind = (described, id, changed) => {
  const values = listOf(described.values);
  const starts = listOf(described.default);
  const all = Array.from({ length: Math.min(rowsMax, numberOf(described.sliders, 0)) }, (_, at) => {
    const [min, max] = pairOf(listOf(described.range)[at]);
    const step = numberOf(listOf(described.step)[at], 1) || "any";
    const labels = described.subtype === "discrete" ? listOf(values[at]).map(textOf) : undefined;
    const range = make("input", {
      class: "sagecell_multiSliderControl",
      attributes: { type: "range", id: at === 0 ? id : `${id}_${at}`, min, max, step, "aria-label": `slider ${at + 1}` },
    });
    const shown = make("output", { class: "sagecell_interactValueBox", attributes: { for: range.id } });
    shown.hidden = described.display_values === false;
    const show = () => {
      shown.value = labels ? (labels[Number(range.value)] ?? "") : range.value;
      range.setAttribute("aria-valuetext", shown.value);
    };
    const set = (value: unknown) => {
      range.value = String(numberOf(value, min));
      show();
    };
    range.addEventListener("input", show);
    range.addEventListener("change", changed);
    set(starts[at]);
    return { range, set, node: make("div", { class: "sagecell_multiSlider" }, range, shown) };
  });
  return {
    node: make("div", { attributes: { role: "group" } }, ...all.map(({ node }) => node)),
    value: () => all.map(({ range }) => Number(range.value)),
    set(value, index) {
      if (index !== undefined) all[Number(index)]?.set(value);
      else for (const [at, one] of all.entries()) one.set(listOf(value)[at]);
    },
  };
};
