/** The parts of a cell inside its shadow root; next: sage-cell.ts (gives them life). */
import { type Announcer, announcer } from "./announcer.ts";
import sheetText from "./cell.css";
import { make } from "./dom.ts";
import { mathMode, mathModes, mathModeWords, setMathMode } from "./math/math-mode.ts";

export interface CellParts {
  readonly editorBox: HTMLElement;
  readonly run: HTMLButtonElement;
  /** "Reconnect" or "Run again", where there is a choice. */
  readonly again: HTMLButtonElement;
  readonly status: HTMLElement;
  readonly mathSwitch: HTMLElement;
  readonly output: HTMLElement;
  readonly announcer: Announcer;
  readonly hintId: string;
  showMathMode(): void;
}

let sheet: CSSStyleSheet | undefined;

/** Only adopted sheets: a page that forbids inline styles still shows the cell as it is. */
export function buildParts(root: ShadowRoot, label: string): CellParts {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(sheetText);
  }
  root.adoptedStyleSheets = [sheet];
  const hintId = "hint";
  const editorBox = make("div", { class: "editor", attributes: { part: "editor" } });
  const run = make("button", { class: "run", text: "Run", attributes: { type: "button", part: "run" } });
  const again = make("button", { class: "again", attributes: { type: "button", part: "again" } });
  again.hidden = true;
  const status = make("span", { class: "status", attributes: { part: "status" } });
  const { node: mathSwitch, showMathMode } = buildMathSwitch();
  const output = make("div", {
    class: "output",
    attributes: { part: "output", role: "region", "aria-label": `Output of ${label}`, tabindex: 0 },
  });
  output.hidden = true;
  const said = announcer();
  const hint = make("p", {
    class: "unseen",
    text: "Shift-Enter runs the code. Escape, then Tab, leaves the editor.",
    attributes: { id: hintId },
  });
  const bar = make("div", { class: "bar", attributes: { part: "bar" } }, run, status, again, mathSwitch);
  root.replaceChildren(
    make(
      "div",
      { class: "cell", attributes: { part: "cell", role: "group", "aria-label": label } },
      editorBox,
      hint,
      bar,
      output,
      said.node,
    ),
  );
  return { editorBox, run, again, status, mathSwitch, output, announcer: said, hintId, showMathMode };
}

/** Three buttons for the whole page, there when a cell has something to typeset. */
function buildMathSwitch(): { node: HTMLElement; showMathMode: () => void } {
  const node = make("div", {
    class: "math-switch",
    attributes: { role: "group", "aria-label": "Show mathematics on this page as" },
  });
  const buttons = mathModes.map((mode) => {
    const choice = make("button", {
      text: mathModeWords[mode],
      attributes: { type: "button" },
      on: { click: () => setMathMode(mode) },
    });
    node.append(choice);
    return [mode, choice] as const;
  });
  node.hidden = true;
  const showMathMode = () => {
    for (const [mode, choice] of buttons) choice.setAttribute("aria-pressed", String(mode === mathMode()));
  };
  showMathMode();
  return { node, showMathMode };
}
