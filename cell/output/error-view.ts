/** An error on the page: what went wrong first, then the reader's own lines, libraries folded; next: input-view.ts. */
import { button, copyButton, make } from "../dom.ts";
import { words } from "../words/words.ts";
import { coloured } from "./ansi.ts";
import type { ErrorItem } from "./items.ts";
import { withoutEscapes } from "./terminal-text.ts";
import { type Frame, readTraceback } from "./traceback.ts";

const shownCharsMax = 20_000;

export function errorView(item: ErrorItem, moveCaret: (line: number) => void): HTMLElement {
  const { head, frames, last } = readTraceback(item.traceback, item.name, item.value);
  const [title = "", ...rest] = withoutEscapes(last).slice(0, shownCharsMax).split("\n");
  const node = make(
    "div",
    { class: "error" },
    make("p", { class: "error-title" }, make("span", { class: "label", text: `${words("error")} ` }), title),
  );
  if (rest.length > 0) node.append(preOf(rest));
  if (head.length > 0) node.append(preOf(head));
  for (let at = 0; at < frames.length; ) {
    const frame = frames[at] as Frame;
    if (frame.own) {
      node.append(ownFrame(frame, moveCaret));
      at++;
      continue;
    }
    const from = at;
    while (at < frames.length && !frames[at]?.own) at++;
    node.append(libraryFrames(frames.slice(from, at)));
  }
  if (frames.length > 0) {
    node.append(
      make(
        "div",
        { class: "fold" },
        copyButton(() => withoutEscapes(item.traceback), words("copyTraceback")),
      ),
    );
  }
  return node;
}

function ownFrame(frame: Frame, moveCaret: (line: number) => void): HTMLElement {
  const { cellLine } = frame;
  if (cellLine === undefined) return preOf(frame.lines);
  const jump = button(words("line", { line: String(cellLine) }), () => moveCaret(cellLine), {
    class: "link jump",
    attributes: { "aria-label": words("goToLine", { line: String(cellLine) }) },
  });
  const header = withoutEscapes(frame.lines[0] ?? "");
  const inside = /, in (.+)$/.exec(header)?.[1] ?? "";
  const where = inside === "" || inside === "<module>" ? "" : words("inFunction", { name: inside });
  return make("div", { class: "frame-own" }, make("p", {}, words("inYourCode"), jump, where), preOf(frame.lines.slice(1)));
}

function libraryFrames(frames: readonly Frame[]): HTMLElement {
  return make(
    "details",
    {},
    make("summary", { text: words("librarySteps", { n: frames.length }) }),
    preOf(frames.flatMap((frame) => frame.lines)),
  );
}

function preOf(lines: readonly string[]): HTMLElement {
  const node = make("pre", { class: "scrolls" });
  node.append(coloured(lines.join("\n").slice(0, shownCharsMax)));
  return node;
}
