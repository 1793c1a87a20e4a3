/** The parts of a cell inside its shadow root; next: sage-cell.ts (gives them life). */
import { type Announcer, announcer } from "./announcer.ts";
import sheet from "./cell.css";
import { make } from "./dom.ts";
import { mathMode, mathModes, setMathMode } from "./math/math-mode.ts";
import { adopt } from "./sheet.ts";
import { words } from "./words/words.ts";

export interface CellParts {
  readonly editorBox: HTMLElement;
  /** Under the editor, hidden while there is none. */
  readonly help: HTMLElement;
  readonly run: HTMLButtonElement;
  /** "Reconnect" or "Run again", where there is a choice. */
  readonly again: HTMLButtonElement;
  /** "Run all above", for a cell whose session misses what stands before it. */
  readonly above: HTMLButtonElement;
  readonly share: HTMLButtonElement;
  /** Of the share button, hidden until it is pressed. */
  readonly sharing: HTMLElement;
  readonly status: HTMLElement;
  readonly mathSwitch: HTMLElement;
  readonly output: HTMLElement;
  /** What the page's author offers where the server cannot be reached. */
  readonly fallback: HTMLElement;
  readonly announcer: Announcer;
  readonly hintId: string;
  showMathMode(): void;
}

export function buildParts(root: ShadowRoot, label: string): CellParts {
  adopt(root, sheet);
  const hintId = "hint";
  const editorBox = make("div", { class: "editor", attributes: { part: "editor" } });
  const help = make("div", { class: "panel", attributes: { part: "help" } });
  help.hidden = true;
  const run = make("button", { class: "run", text: words("run"), attributes: { type: "button", part: "run" } });
  const again = make("button", { class: "again", text: words("reconnect"), attributes: { type: "button", part: "again" } });
  again.hidden = true;
  const above = make("button", { class: "above", text: words("runAbove"), attributes: { type: "button", part: "above" } });
  above.hidden = true;
  const share = make("button", {
    class: "share",
    text: words("share"),
    attributes: { type: "button", part: "share", "aria-expanded": "false" },
  });
  const sharing = make("div", { class: "panel", attributes: { part: "panel" } });
  sharing.hidden = true;
  const status = make("span", { class: "status", attributes: { part: "status" } });
  const { node: mathSwitch, showMathMode } = buildMathSwitch();
  const output = make("div", {
    class: "output",
    attributes: { part: "output", role: "region", "aria-label": words("outputOf", { cell: label }), tabindex: 0 },
  });
  output.hidden = true;
  const fallback = make(
    "div",
    { class: "fallback" },
    make("p", { class: "fallback-note", text: words("offlineCopy") }),
    make("slot", { attributes: { name: "fallback" } }),
  );
  fallback.hidden = true;
  const said = announcer();
  const hint = make("p", {
    class: "unseen",
    text: words("keys"),
    attributes: { id: hintId },
  });
  const bar = make("div", { class: "bar", attributes: { part: "bar" } }, run, status, above, again, mathSwitch, share);
  root.replaceChildren(
    make(
      "div",
      { class: "cell", attributes: { part: "cell", role: "group", "aria-label": label } },
      editorBox,
      hint,
      help,
      bar,
      sharing,
      output,
      fallback,
      said.node,
    ),
  );
  return {
    editorBox,
    help,
    run,
    again,
    above,
    share,
    sharing,
    status,
    mathSwitch,
    output,
    fallback,
    announcer: said,
    hintId,
    showMathMode,
  };
}

/** Three buttons for the whole page, there when a cell has something to typeset. */
function buildMathSwitch(): { node: HTMLElement; showMathMode: () => void } {
  const node = make("div", {
    class: "math-switch",
    attributes: { role: "group", "aria-label": words("mathematicsAs") },
  });
  const buttons = mathModes.map((mode) => {
    const choice = make("button", {
      text: words(mode),
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
