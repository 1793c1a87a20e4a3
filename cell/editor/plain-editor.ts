/** A text area that runs code, there from the first moment; next: code-editor.ts (the one with colours). */
import { make } from "../dom.ts";
import type { Editor, EditorSetup } from "./edge.ts";

const indent = "    ";

export function plainEditor({
  code,
  label,
  hintId,
  readOnly,
  events,
}: EditorSetup): Editor & { readonly composing: () => boolean } {
  const area = make("textarea", {
    class: "plain-editor",
    attributes: {
      "aria-label": label,
      "aria-describedby": hintId,
      spellcheck: "false",
      autocomplete: "off",
      autocapitalize: "off",
      wrap: "off",
    },
  });
  area.value = code;
  area.readOnly = readOnly;
  let composing = false;
  let escaped = false;
  const fit = () => {
    area.rows = Math.max(1, area.value.split("\n").length);
  };
  fit();
  area.addEventListener("input", () => {
    fit();
    events.changed();
  });
  area.addEventListener("compositionstart", () => {
    composing = true;
  });
  area.addEventListener("compositionend", () => {
    composing = false;
  });
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      events.run();
    } else if (event.key === "Tab" && !escaped && !event.shiftKey && !event.altKey && !event.ctrlKey && !area.readOnly) {
      event.preventDefault();
      area.setRangeText(indent, area.selectionStart, area.selectionEnd, "end");
      fit();
      events.changed();
    }
    escaped = event.key === "Escape";
  });
  return {
    node: area,
    composing: () => composing,
    value: () => area.value,
    setValue(text) {
      area.value = text;
      fit();
    },
    selection: () => ({ from: area.selectionStart, to: area.selectionEnd }),
    select({ from, to }) {
      area.setSelectionRange(from, to);
    },
    hasFocus: () => (area.getRootNode() as ShadowRoot | Document).activeElement === area,
    focus() {
      area.focus();
    },
    goToLine(line) {
      const at = area.value
        .split("\n")
        .slice(0, line - 1)
        .reduce((sum, text) => sum + text.length + 1, 0);
      area.focus();
      area.setSelectionRange(at, at);
    },
    setReadOnly(value) {
      area.readOnly = value;
    },
    destroy() {
      area.remove();
    },
  };
}
