/** Widgets that show something or are pressed: text, HTML, pictures, progress, buttons; next: output-widget.ts. */
import { make } from "../dom.ts";
import { frameView } from "../output/frame-host.ts";
import { words } from "../words/words.ts";
import { type Build, nameOf, numberOf, row, showMixed, textIn } from "./widget.ts";

export const label: Build = (widget) => {
  const node = make("p", { class: "control-text" });
  let shown: string | undefined;
  widget.watch((state) => {
    const text = [textIn(state, "description"), textIn(state, "value")].filter((part) => part !== "").join(" ");
    node.hidden = text === "";
    if (text !== shown) showMixed(node, text, widget.page);
    shown = text;
  });
  return node;
};

/** What has no markup in it is text of this page; anything else is a stranger's HTML. */
export const html: Build = (widget) => {
  const node = make("div", { class: "control-html" });
  let shown: string | undefined;
  let over = new AbortController();
  widget.signal.addEventListener("abort", () => over.abort());
  widget.watch((state) => {
    const value = textIn(state, "value");
    if (value === shown) return;
    shown = value;
    over.abort();
    over = new AbortController();
    const description = textIn(state, "description");
    const inside = make("div");
    const url = widget.page.frame()?.url;
    if (/[<&]/.test(value) && url !== undefined) {
      inside.append(frameView(Promise.resolve(value), url, description || words("interactiveOutput"), over.signal));
    } else showMixed(inside, value.replace(/<[^>]*>/g, ""), widget.page);
    node.replaceChildren(...(description === "" ? [] : [make("span", { class: "control-label", text: description })]), inside);
  });
  return node;
};

export const press: Build = (widget) => {
  const self = make("button", { class: "press", attributes: { type: "button" }, on: { click: () => widget.press() } });
  widget.watch((state) => {
    self.textContent = textIn(state, "description") || textIn(state, "tooltip") || textIn(state, "icon") || widget.naming.own;
    self.disabled = state.disabled === true;
  });
  return make("div", { class: "control" }, self);
};

export const progress: Build = (widget) => {
  const bar = make("progress");
  const node = row(widget, bar);
  widget.watch((state) => {
    const [min, max] = [numberOf(state.min, 0), numberOf(state.max, 100)];
    bar.max = Math.max(max - min, Number.MIN_VALUE);
    bar.value = numberOf(state.value, min) - min;
  });
  return node;
};

export const valid: Build = (widget) => {
  const mark = make("output");
  const node = row(widget, mark);
  widget.watch((state) => {
    mark.value = state.value === true ? "✓" : `✗ ${textIn(state, "readout")}`;
  });
  return node;
};

export const image: Build = (widget) => {
  const picture = make("img");
  let url = "";
  let shown: unknown;
  widget.signal.addEventListener("abort", () => URL.revokeObjectURL(url));
  widget.watch((state) => {
    picture.alt = nameOf(widget) || words("undescribed");
    const { value } = state;
    if (!(value instanceof Uint8Array) || value === shown) return;
    shown = value;
    URL.revokeObjectURL(url);
    const format = textIn(state, "format").replace(/[^a-z]/g, "");
    const type = format === "svg" ? "image/svg+xml" : `image/${format || "png"}`;
    url = URL.createObjectURL(new Blob([value as Uint8Array<ArrayBuffer>], { type }));
    picture.src = url;
  });
  return make("div", { class: "picture" }, picture);
};

/** Counts up as long as it plays. */
export const play: Build = (widget) => {
  const self = make("button", { class: "press", attributes: { type: "button" } });
  let timer: ReturnType<typeof setInterval> | undefined;
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    self.textContent = words("play");
  };
  const step = () => {
    const state = widget.state();
    const [min, max] = [numberOf(state.min, 0), numberOf(state.max, 100)];
    const next = numberOf(state.value, min) + Math.max(1, numberOf(state.step, 1));
    if (next > max && state.repeat !== true && state._repeat !== true) return stop();
    widget.change({ value: next > max ? min : next });
  };
  self.addEventListener("click", () => {
    if (timer !== undefined) return stop();
    const { interval, value, min, max } = widget.state();
    if (numberOf(value, 0) >= numberOf(max, 100)) widget.change({ value: numberOf(min, 0) });
    timer = setInterval(step, Math.max(50, numberOf(interval, 100)));
    self.textContent = words("pause");
  });
  widget.signal.addEventListener("abort", stop);
  stop();
  return make("div", { class: "control" }, self);
};
