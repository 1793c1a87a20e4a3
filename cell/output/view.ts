/** Draws the output model, once per animation frame and only what changed; next: text-view.ts. */
import type { FileEntry } from "#protocol/computation.ts";
import { button, make } from "../dom.ts";
import { adopt } from "../sheet.ts";
import { words } from "../words/words.ts";
import { blocksView } from "./blocks-view.ts";
import { bundleView } from "./bundle-view.ts";
import { errorView } from "./error-view.ts";
import { filesView } from "./files-view.ts";
import { inputView } from "./input-view.ts";
import type { Output, OutputItem } from "./items.ts";
import sheet from "./output.css";
import type { PageEdge } from "./page-edge.ts";
import { type TextView, textView } from "./text-view.ts";

export { framePlace } from "./frame-place.ts";

/** Of more outputs than this, the first and the last are drawn. */
const drawnMax = 400;
const drawnFirst = 50;
/** Runs whose output stays above the newest one's. */
const keptMax = 50;

interface Drawn {
  item: OutputItem;
  readonly node: HTMLElement;
  readonly text: TextView | undefined;
  readonly over: AbortController;
}

export interface OutputView {
  show(output: Output): void;
  /** At once, for who waits for its pictures. */
  showNow(output: Output): void;
  files(files: readonly FileEntry[]): void;
  /** What is there stays, above what comes. */
  keep(): void;
  /** Frees pictures and listeners. */
  clear(): void;
}

export function outputView(into: HTMLElement, edge: PageEdge): OutputView {
  adopt(edge.root(), sheet);
  const drawn = new Map<number, Drawn>();
  const list = make("div", { class: "items" });
  const fileList = make("div", {});
  const kept: { node: HTMLElement; overs: AbortController[] }[] = [];
  into.replaceChildren(list, fileList);
  let wanted: Output | undefined;
  let all = false;
  let frame = 0;

  const draw = () => {
    frame = 0;
    if (!wanted) return;
    const { items } = wanted;
    const folded = all ? 0 : Math.max(0, items.length - drawnMax);
    const shown = folded === 0 ? items : [...items.slice(0, drawnFirst), ...items.slice(drawnFirst + folded)];
    const keys = new Set(shown.map((item) => item.key));
    for (const [key, { node, over }] of drawn) {
      if (keys.has(key)) continue;
      over.abort();
      node.remove();
      drawn.delete(key);
    }
    let after: Element | null = null;
    for (const item of shown) {
      const node = nodeOf(item);
      const expected: Element | null = after ? after.nextElementSibling : list.firstElementChild;
      if (node !== expected) list.insertBefore(node, expected);
      after = node;
    }
    while (after ? after.nextElementSibling : list.firstElementChild)
      (after ? after.nextElementSibling : list.firstElementChild)?.remove();
    if (folded > 0) drawn.get(shown[drawnFirst - 1]?.key ?? 0)?.node.after(foldedBar(folded));
  };

  const foldedBar = (count: number): HTMLElement =>
    make(
      "div",
      { class: "fold" },
      make("span", { text: words("outputsFolded", { n: count }) }),
      button(
        words("showAll"),
        () => {
          all = true;
          draw();
        },
        { class: "link" },
      ),
    );

  const nodeOf = (item: OutputItem): HTMLElement => {
    const before = drawn.get(item.key);
    if (before?.item === item) return before.node;
    if (before?.text && item.kind === "text") {
      before.text.update(item.text);
      before.item = item;
      return before.node;
    }
    before?.over.abort();
    const over = new AbortController();
    const text = item.kind === "text" ? textView(item.text, item.stream) : undefined;
    const node = make("div", { class: `item ${classOf(item)}` }, ...label(item), text?.node ?? viewOf(item, edge, over.signal));
    // A changed display takes the old one's place, so that nothing jumps.
    before?.node.replaceWith(node);
    drawn.set(item.key, { item, node, text, over });
    return node;
  };

  return {
    show(output) {
      wanted = output;
      frame ||= requestAnimationFrame(draw);
    },
    showNow(output) {
      wanted = output;
      cancelAnimationFrame(frame);
      draw();
    },
    files(files) {
      fileList.replaceChildren(...(files.length > 0 ? [filesView(files, edge)] : []));
    },
    keep() {
      if (frame !== 0) this.showNow(wanted as Output);
      const overs = [...drawn.values()].map(({ over }) => over);
      const node = make("div", { class: "earlier" }, ...list.childNodes, ...fileList.childNodes);
      into.insertBefore(node, list);
      kept.push({ node, overs });
      if (kept.length > keptMax) drop(kept.shift());
      begin();
    },
    clear() {
      cancelAnimationFrame(frame);
      for (const { over } of drawn.values()) over.abort();
      while (kept.length > 0) drop(kept.pop());
      begin();
      list.replaceChildren();
      fileList.replaceChildren();
    },
  };

  function begin(): void {
    frame = 0;
    wanted = undefined;
    all = false;
    drawn.clear();
  }
}

function drop(kept: { node: HTMLElement; overs: AbortController[] } | undefined): void {
  for (const over of kept?.overs ?? []) over.abort();
  kept?.node.remove();
}

function viewOf(item: OutputItem, edge: PageEdge, signal: AbortSignal): HTMLElement {
  switch (item.kind) {
    case "text":
      return textView(item.text, item.stream).node;
    case "bundle":
      return bundleView(item.bundle, edge, signal);
    case "error":
      return errorView(item, (line) => edge.moveCaret(line));
    case "input":
      return inputView(item, (key, value) => edge.answer(key, value));
    case "blocks":
      return blocksView(item.blocks, edge, signal);
  }
}

function classOf(item: OutputItem): string {
  if (item.kind === "text") return item.stream;
  return item.kind === "bundle" ? item.role : item.kind;
}

/** Said, not only coloured. stdout is what a reader expects, so its label is for screen readers. */
function label(item: OutputItem): HTMLElement[] {
  if (item.kind === "text") {
    return [make("span", { class: item.stream === "stdout" ? "label unseen" : "label", text: words(item.stream) })];
  }
  return item.kind === "bundle" ? [make("span", { class: "label unseen", text: words(item.role) })] : [];
}
