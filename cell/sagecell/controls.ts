/** The controls of an interact as elements, each with its value; next: grid-controls.ts (those that are several in one). */
import { button, make } from "../dom.ts";
import { type ControlView, type Described, type Kind, labelsOf, numberOf, pairOf } from "./described.ts";
import { buttonBar, inputGrid, multiSlider } from "./grid-controls.ts";
import { textOf } from "./page.ts";

/** `changed` is called when a reader is done with a change. */
export function controlView(described: Described, id: string, changed: () => void): ControlView {
  const make = kinds[textOf(described.control_type)] ?? textBox;
  return make(described, id, changed);
}

const checkbox: Kind = (described, id, changed) => {
  const box = make("input", { attributes: { type: "checkbox", id }, on: { change: changed } });
  box.checked = described.default === true;
  return {
    node: box,
    value: () => box.checked,
    set: (value) => {
      box.checked = value === true;
    },
  };
};

const textBox: Kind = (described, id, changed) => {
  const isArea = described.subtype === "textarea";
  const attributes = { id, autocapitalize: "off", autocomplete: "off", spellcheck: "false" };
  const event = described.keypress === true ? "input" : "change";
  const box = isArea
    ? make("textarea", {
        attributes: { ...attributes, rows: numberOf(described.height, 4), cols: numberOf(described.width, 60) },
      })
    : make("input", { attributes: { ...attributes, size: numberOf(described.width, 30) } });
  box.addEventListener(event, changed);
  box.value = textOf(described.default);
  return {
    node: box,
    value: () => box.value,
    set: (value) => {
      box.value = textOf(value);
    },
  };
};

const color: Kind = (described, id, changed) => {
  const box = make("input", { attributes: { type: "color", id }, on: { change: changed } });
  box.value = textOf(described.default);
  return {
    node: box,
    value: () => box.value,
    set: (value) => {
      box.value = textOf(value);
    },
  };
};

const pushButton: Kind = (described, id, changed) => {
  let pressed = false;
  const node = button(
    textOf(described.text),
    () => {
      pressed = true;
      changed();
      pressed = false;
    },
    { attributes: { id } },
  );
  return { node, value: () => pressed, set: () => {}, pulse: true };
};

const htmlBox: Kind = (described) => {
  const node = make("div", { text: plainOf(textOf(described.value)) });
  return {
    node,
    value: () => node.textContent,
    set: (value) => {
      node.textContent = plainOf(textOf(value));
    },
  };
};
/** Its words: markup that code made is not put into the page. */
const plainOf = (html: string): string => new DOMParser().parseFromString(html, "text/html").body.textContent ?? "";

const selector: Kind = (described, id, changed) => {
  const labels = labelsOf(described, "value_labels");
  if (described.subtype === "list") {
    const list = make(
      "select",
      { attributes: { id }, on: { change: changed } },
      ...labels.map((text) => make("option", { text })),
    );
    list.selectedIndex = numberOf(described.default, 0);
    return {
      node: list,
      value: () => list.selectedIndex,
      set: (value) => {
        list.selectedIndex = numberOf(value, 0);
      },
    };
  }
  const radios = labels.map((_, at) =>
    make("input", { attributes: { type: "radio", name: id, id: `${id}_${at}` }, on: { change: changed } }),
  );
  const set = (value: unknown) => {
    const radio = radios[numberOf(value, 0)];
    if (radio) radio.checked = true;
  };
  set(described.default);
  const pairs = radios.map((radio, at) =>
    make("span", {}, radio, make("label", { text: labels[at] ?? "", attributes: { for: radio.id } })),
  );
  const className = described.subtype === "button" ? "sagecell_buttons" : "sagecell_radios";
  return {
    node: make("span", { class: className, attributes: { role: "radiogroup" } }, ...pairs),
    value: () =>
      Math.max(
        0,
        radios.findIndex(({ checked }) => checked),
      ),
    set,
  };
};

/** One handle or two; what it stands at is written beside it, and can be written there where it is a number. */
const slider: Kind = (described, id, changed) => {
  const subtype = textOf(described.subtype);
  const [min, max] = pairOf(described.range);
  const step = numberOf(described.step, 1) || "any";
  const isRange = subtype.endsWith("range");
  const labels = subtype.startsWith("discrete") ? labelsOf(described, "values") : undefined;
  const handles = (isRange ? [0, 1] : [0]).map((at) => {
    const name = at === 0 ? id : `${id}_to`;
    return make("input", { class: "sagecell_sliderControl", attributes: { type: "range", id: name, min, max, step } });
  });
  const shown = handles.map(() =>
    labels
      ? make("output", { class: "sagecell_interactValueBox" })
      : make("input", {
          class: "sagecell_interactValueBox",
          attributes: { type: "number", min, max, step: "any", "aria-label": "value" },
        }),
  );
  const show = () =>
    handles.forEach((handle, at) => {
      const box = shown[at];
      if (box) box.value = labels ? (labels[Number(handle.value)] ?? "") : handle.value;
    });
  const set = (value: unknown) => {
    const values = isRange ? pairOf(value) : [numberOf(value, min)];
    handles.forEach((handle, at) => {
      handle.value = String(values[at]);
    });
    show();
  };
  /** A handle does not pass the other one. */
  const order = (moved: number) => {
    const [low, high] = handles;
    if (!low || !high || Number(low.value) <= Number(high.value)) return;
    if (moved === 0) low.value = high.value;
    else high.value = low.value;
  };
  handles.forEach((handle, at) => {
    handle.addEventListener("input", () => {
      order(at);
      show();
    });
    handle.addEventListener("change", changed);
    shown[at]?.addEventListener("change", () => {
      handle.value = shown[at]?.value ?? "";
      order(at);
      show();
      changed();
    });
  });
  set(described.default);
  return {
    node: make(
      "span",
      { class: "sagecell_sliderContainer" },
      ...handles.flatMap((handle, at) => [handle, shown[at] as HTMLElement]),
    ),
    value: () => (isRange ? handles.map(({ value }) => Number(value)) : Number(handles[0]?.value)),
    set,
  };
};

const kinds: Readonly<Record<string, Kind>> = {
  checkbox,
  input_box: textBox,
  color_selector: color,
  button: pushButton,
  html_box: htmlBox,
  selector,
  slider,
  button_bar: buttonBar,
  input_grid: inputGrid,
  multi_slider: multiSlider,
};
