/** CodeMirror for Sage, a chunk of its own; next: sage-syntax.ts. */
import { acceptCompletion, closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState, Prec } from "@codemirror/state";
import { drawSelection, EditorView, highlightSpecialChars, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { completeWord, completion } from "./completion.ts";
import type { Editor, EditorSetup } from "./edge.ts";
import { sageSyntax } from "./sage-syntax.ts";

/** Colours are custom properties of the cell's sheet, which knows light from dark. */
const colours = HighlightStyle.define([
  {
    tag: [tags.keyword, tags.controlKeyword, tags.operatorKeyword, tags.definitionKeyword, tags.moduleKeyword],
    color: "var(--code-keyword)",
  },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  { tag: [tags.comment], color: "var(--code-comment)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName))], color: "var(--code-function)" },
  { tag: [tags.className, tags.definition(tags.className)], color: "var(--code-function)" },
  { tag: [tags.meta, tags.self], color: "var(--code-keyword)" },
]);

const look = EditorView.theme({
  "&": { backgroundColor: "transparent", color: "inherit" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "inherit", lineHeight: "inherit", overflowX: "auto" },
  ".cm-content": { padding: "0", caretColor: "currentColor" },
  ".cm-line": { padding: "0" },
  ".cm-cursor": { borderLeftColor: "currentColor", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--code-selection)",
  },
  ".cm-tooltip": {
    backgroundColor: "var(--ground)",
    color: "var(--ink)",
    border: "1px solid var(--line)",
    borderRadius: "6px",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "14em" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 10px", lineHeight: "1.4" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent-ground)", color: "#fff" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--code-match)", outline: "none" },
});

export function codeEditor({ code, label, hintId, readOnly, root, events }: EditorSetup): Editor {
  const writable = new Compartment();
  const run = () => {
    events.run();
    return true;
  };
  const help = (view: EditorView) => {
    const name = nameAt(view);
    if (name !== undefined) events.help(name);
    return name !== undefined;
  };
  const helpOrWord = (view: EditorView) =>
    acceptCompletion(view) || (asksHelp(view) ? help(view) : completeWord(view) || tab(view));
  const access = (only: boolean) => EditorState.readOnly.of(only);
  const view = new EditorView({
    root,
    state: EditorState.create({
      doc: code,
      extensions: [
        Prec.highest(
          keymap.of([
            { key: "Shift-Enter", run },
            { key: "Mod-Enter", run },
            { key: "Ctrl-Enter", run },
          ]),
        ),
        // CodeMirror itself lets Tab leave the editor for two seconds after Escape.
        keymap.of([
          ...closeBracketsKeymap,
          { key: "F1", run: help },
          { key: "Tab", run: helpOrWord, shift: indentLess },
          ...defaultKeymap,
          ...historyKeymap,
        ]),
        completion((code, at) => events.complete(code, at)),
        history(),
        drawSelection(),
        highlightSpecialChars(),
        indentUnit.of("    "),
        EditorState.tabSize.of(4),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        python(),
        sageSyntax,
        syntaxHighlighting(colours),
        look,
        EditorView.domEventHandlers({ beforeinput: replaceSelected }),
        writable.of(access(readOnly)),
        EditorView.contentAttributes.of({
          "aria-label": label,
          "aria-describedby": hintId,
          "aria-multiline": "true",
          tabindex: "0",
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) events.changed();
        }),
      ],
    }),
  });
  return {
    node: view.dom,
    value: () => view.state.doc.toString(),
    setValue(text) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    selection: () => ({ from: view.state.selection.main.from, to: view.state.selection.main.to }),
    select({ from, to }) {
      const end = view.state.doc.length;
      view.dispatch({ selection: { anchor: Math.min(from, end), head: Math.min(to, end) } });
    },
    hasFocus: () => view.hasFocus,
    focus() {
      view.focus();
    },
    goToLine(number) {
      const line = view.state.doc.line(Math.min(Math.max(1, number), view.state.doc.lines));
      view.dispatch({ selection: { anchor: line.from, head: line.to }, scrollIntoView: true });
      view.focus();
    },
    setReadOnly(value) {
      view.dispatch({ effects: writable.reconfigure(access(value)) });
    },
    destroy() {
      view.destroy();
    },
  };
}

/** Typing over selected code: the browser would put inline styles around the new text, which a page's policy reports. */
function replaceSelected(event: InputEvent, view: EditorView): boolean {
  const { main, ranges } = view.state.selection;
  if (
    event.inputType !== "insertText" ||
    !event.data ||
    event.isComposing ||
    main.empty ||
    ranges.length > 1 ||
    view.state.readOnly
  )
    return false;
  event.preventDefault();
  const text = event.data;
  const insert = () => view.state.update(view.state.replaceSelection(text), { userEvent: "input.type", scrollIntoView: true });
  const handled = view.state.facet(EditorView.inputHandler).some((handler) => handler(view, main.from, main.to, text, insert));
  if (!handled) view.dispatch(insert());
  return true;
}

function tab(view: EditorView): boolean {
  if (view.state.readOnly) return false;
  if (!view.state.selection.main.empty) return indentMore(view);
  const column = view.state.selection.main.head - view.state.doc.lineAt(view.state.selection.main.head).from;
  view.dispatch(
    view.state.update(view.state.replaceSelection(" ".repeat(4 - (column % 4))), { scrollIntoView: true, userEvent: "input" }),
  );
  return true;
}

/** The name that the caret stands in or behind, with what it belongs to: `E.rank`. */
function nameAt(view: EditorView): string | undefined {
  const { head } = view.state.selection.main;
  const line = view.state.doc.lineAt(head);
  const before = /[A-Za-z_][\w.]*\??\??$/.exec(line.text.slice(0, head - line.from))?.[0] ?? "";
  const after = /^\w*/.exec(line.text.slice(head - line.from))?.[0] ?? "";
  const name = (before.replace(/\?+$/, "") + (before.endsWith("?") ? "" : after)).replace(/\.+$/, "");
  return /^[A-Za-z_]/.test(name) ? name : undefined;
}

/** `factor?` and Tab: as in a notebook. */
function asksHelp(view: EditorView): boolean {
  const { head } = view.state.selection.main;
  const line = view.state.doc.lineAt(head);
  return /[\w]\?\??$/.test(line.text.slice(0, head - line.from));
}
