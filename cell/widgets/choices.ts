/** One or some of several: lists, radio buttons, rows of buttons; next: fields.ts. */
import { make } from "../dom.ts";
import { type Build, groupRow, numberOf, row, textsIn } from "./widget.ts";

export const dropdown: Build = (widget) => {
  const select = make("select");
  const node = row(widget, select);
  select.addEventListener("change", () => widget.change({ index: select.selectedIndex }));
  widget.watch((state) => {
    fill(select, textsIn(state, "_options_labels"));
    select.selectedIndex = typeof state.index === "number" ? state.index : -1;
  });
  return node;
};

export const listbox: Build = (widget) => {
  const node = dropdown(widget);
  const select = node.querySelector("select") as HTMLSelectElement;
  widget.watch((state) => {
    select.size = Math.max(2, Math.min(numberOf(state.rows, 5), 20));
  });
  return node;
};

export const multiple: Build = (widget) => {
  const select = make("select", { attributes: { multiple: "" } });
  const node = row(widget, select);
  select.addEventListener("change", () =>
    widget.change({ index: [...select.options].flatMap((option, at) => (option.selected ? [at] : [])) }),
  );
  widget.watch((state) => {
    fill(select, textsIn(state, "_options_labels"));
    select.size = Math.max(2, Math.min(numberOf(state.rows, 5), 20));
    const chosen = Array.isArray(state.index) ? state.index : [];
    for (const [at, option] of [...select.options].entries()) option.selected = chosen.includes(at);
  });
  return node;
};

export const radios: Build = (widget) => {
  const list = make("span", { class: "radios" });
  const node = groupRow(widget, list);
  const relabel = renewed(list, (label, at) => {
    const radio = make("input", {
      attributes: { type: "radio", name: widget.key },
      on: { change: () => widget.change({ index: at }) },
    });
    return make("label", {}, radio, ` ${label}`);
  });
  widget.watch((state) => {
    relabel(textsIn(state, "_options_labels"));
    for (const [at, radio] of [...list.querySelectorAll("input")].entries()) {
      radio.checked = at === state.index;
      radio.disabled = state.disabled === true;
    }
  });
  return node;
};

/** A row of buttons of which one is down. Sage runs an interact again when the one that is down is pressed. */
export const buttons: Build = (widget) => {
  const list = make("span", { class: "button-row" });
  const node = groupRow(widget, list);
  const relabel = renewed(list, (label, at) =>
    make("button", {
      text: label,
      class: "choice",
      attributes: { type: "button" },
      on: { click: () => (widget.state().index === at ? widget.press() : widget.change({ index: at })) },
    }),
  );
  widget.watch((state) => {
    relabel(textsIn(state, "_options_labels"));
    for (const [at, button] of [...list.querySelectorAll("button")].entries()) {
      button.setAttribute("aria-pressed", String(at === state.index));
      button.disabled = state.disabled === true;
    }
  });
  return node;
};

/** Makes the choices anew when their labels are others, and only then: the one that has the focus keeps it. */
function renewed(list: HTMLElement, choice: (label: string, at: number) => HTMLElement): (labels: readonly string[]) => void {
  let shown = "";
  return (labels) => {
    const now = JSON.stringify(labels);
    if (now === shown) return;
    shown = now;
    list.replaceChildren(...labels.map(choice));
  };
}

function fill(select: HTMLSelectElement, labels: readonly string[]): void {
  const same = labels.length === select.options.length && labels.every((label, at) => select.options[at]?.label === label);
  if (!same) select.replaceChildren(...labels.map((text) => make("option", { text })));
}
