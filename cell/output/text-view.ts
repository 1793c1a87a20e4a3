/** A stream on the page: at most a screenful of it, however long it is; next: bundle-view.ts. */
import { button, copyButton, make, saveAs } from "../dom.ts";
import { words } from "../words/words.ts";
import { coloured } from "./ansi.ts";
import {
  blockLines,
  firstLines,
  lastLines,
  lineCount,
  shownLines,
  type TerminalText,
  withoutEscapes,
} from "./terminal-text.ts";

/** A longer text shows its beginning and its end. */
export const foldAboveLines = 120;
const endLines = 40;
const endCharsMax = 16_000;
/** "Show all" shows this much; the rest is in the copy and in the download. */
const allCharsMax = 2_000_000;
/** Above this, lines wrap instead of scrolling sideways. */
const wrapAboveChars = 110;

export interface TextView {
  readonly node: HTMLElement;
  update(text: TerminalText): void;
}

export function textView(first: TerminalText, name: string): TextView {
  let text = first;
  let shown: "ends" | "all" = "ends";
  const body = make("div", { class: "text-body" });
  const node = make("div", { class: "text" }, body);

  const draw = () => {
    const lines = lineCount(text);
    if (text.chars + text.carry.length <= endCharsMax && lines <= foldAboveLines)
      body.replaceChildren(pre([...shownLines(text)]));
    else if (shown === "all") body.replaceChildren(all(), bar());
    else body.replaceChildren(...ends(lines));
  };

  /** Beginning, fold, end: the end follows what is being written. */
  const ends = (lines: number): Node[] => {
    const head = capped(firstLines(text, endLines), false);
    const tail = capped(lastLines(text, Math.min(endLines, Math.max(0, lines - head.length))), true);
    const hidden = lines - head.length - tail.length;
    if (hidden <= 0) return [pre([...head, ...tail])];
    return [pre(head), bar(words("folded", { n: hidden })), pre(tail)];
  };

  const bar = (label = words("allOfThem", { n: lineCount(text) })): HTMLElement =>
    make(
      "div",
      { class: "fold" },
      make("span", { text: label }),
      button(shown === "all" ? words("fold") : words("showAll"), toggle, { class: "link" }),
      copyButton(() => withoutEscapes(whole()), words("copyAll")),
      button(words("save"), () => saveAs(`${name}.txt`, new Blob([withoutEscapes(whole())], { type: "text/plain" })), {
        class: "link",
      }),
      ...(text.droppedChars > 0 ? [make("span", { text: words("tooMany", { n: text.droppedChars }) })] : []),
    );

  const toggle = () => {
    shown = shown === "all" ? "ends" : "all";
    draw();
    (body.querySelector(".fold button") as HTMLElement | null)?.focus();
  };

  const whole = () => [...shownLines(text)].join("");

  /** Blocks that the browser need not lay out before they are scrolled to. */
  const all = (): HTMLElement => {
    const box = make("div", { class: "all", attributes: { tabindex: 0, role: "group", "aria-label": words("allLines") } });
    let chars = 0;
    let lines: string[] = [];
    for (const line of shownLines(text)) {
      chars += line.length;
      if (chars > allCharsMax) break;
      lines.push(line);
      if (lines.length === blockLines) {
        box.append(pre(lines, "later"));
        lines = [];
      }
    }
    box.append(pre(lines));
    if (chars > allCharsMax) box.append(make("p", { class: "note", text: words("thereIsMore") }));
    return box;
  };

  draw();
  return {
    node,
    update(newer) {
      if (newer === text) return;
      text = newer;
      // All of a growing text would be drawn again and again: it stays folded until it is wanted again.
      if (shown === "all") shown = "ends";
      draw();
    },
  };
}

/** Text that is whole from the start: results, LaTeX sources. */
export function pre(lines: readonly string[], extra = ""): HTMLPreElement {
  const text = lines.join("").replace(/\n$/, "");
  const wraps = lines.some((line) => line.length > wrapAboveChars && withoutEscapes(line).length > wrapAboveChars);
  const node = make("pre", { class: `${wraps ? "wraps" : "scrolls"}${extra ? ` ${extra}` : ""}` });
  node.append(coloured(text));
  return node;
}

function capped(lines: string[], fromEnd: boolean): string[] {
  const kept: string[] = [];
  let chars = 0;
  for (const line of fromEnd ? lines.toReversed() : lines) {
    chars += line.length;
    if (chars > endCharsMax && kept.length > 0) break;
    kept.push(line);
  }
  return fromEnd ? kept.reverse() : kept;
}
