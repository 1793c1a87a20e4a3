/** A cell's code box: a textarea that pages know, and over it an editor with colours; next: make-cell.ts. */
import { make } from "../dom.ts";
import sheetText from "./editor.css";
import { loadParts } from "./page.ts";

/** What pages call as if it were CodeMirror 5. */
export interface EditorData {
  getValue(): string;
  setValue(code: string): void;
  focus(): void;
  refresh(): void;
  getWrapperElement(): HTMLElement;
}

export interface CellEditor {
  readonly node: HTMLElement;
  readonly data: EditorData;
}

let sheet: CSSStyleSheet | undefined;
let count = 0;

/** `kind`: as in the option `editor`. */
export function cellEditor(area: HTMLTextAreaElement, options: { kind: string; code: string; run: () => void }): CellEditor {
  const { kind, code, run } = options;
  const readOnly = kind.endsWith("-readonly");
  area.classList.add("sagecell_commands");
  area.value = code;
  area.readOnly = readOnly;
  area.rows = Math.min(20, Math.max(3, code.split("\n").length));
  area.setAttribute("aria-label", area.getAttribute("aria-label") ?? `Code of cell ${++count}`);
  for (const [name, value] of [
    ["autocapitalize", "off"],
    ["autocorrect", "off"],
    ["autocomplete", "off"],
    ["spellcheck", "false"],
  ] as const)
    area.setAttribute(name, value);
  area.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.shiftKey) return;
    event.preventDefault();
    run();
  });
  const node = make("div", { class: "sagecell_editor" }, area);
  const wrapper = make("div", { class: "CodeMirror" });
  const data: EditorData = {
    getValue: () => area.value,
    setValue: (text) => {
      area.value = text;
      area.dispatchEvent(new Event("input"));
    },
    focus: () => area.focus(),
    refresh: () => {},
    getWrapperElement: () => wrapper,
  };
  if (kind.startsWith("codemirror")) void colour().catch(() => {});
  return { node, data };

  /** The textarea works until the editor is there, stays if it never comes, and always holds the code. */
  async function colour(): Promise<void> {
    const { codeEditor } = await loadParts();
    const root = wrapper.attachShadow({ mode: "open" });
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(sheetText);
    }
    root.adoptedStyleSheets = [sheet];
    const hint = make("p", {
      class: "unseen",
      text: "Shift-Enter runs the code. Escape, then Tab, leaves the editor.",
      attributes: { id: "hint" },
    });
    const events = {
      run,
      changed: () => {
        if (area.value !== editor.value()) area.value = editor.value();
      },
      complete: async () => undefined,
      help: () => {},
    };
    const focused = document.activeElement === area;
    const label = area.getAttribute("aria-label") ?? "Code";
    const editor = codeEditor({ code: area.value, label, hintId: "hint", readOnly, root, events });
    root.append(editor.node, hint);
    area.after(wrapper);
    area.style.display = "none";
    const take = () => {
      if (area.value !== editor.value()) editor.setValue(area.value);
    };
    area.addEventListener("input", take);
    area.addEventListener("change", take);
    data.focus = () => editor.focus();
    Object.assign(wrapper, { CodeMirror: data });
    if (focused) editor.focus();
  }
}
