/** Completion: from the kernel when the cell has one and the reader asks, else words of the code and common names; next: help-panel.ts. */
import { autocompletion, type CompletionContext, type CompletionResult, startCompletion } from "@codemirror/autocomplete";
import type { Extension } from "@codemirror/state";
import { type EditorView, tooltips } from "@codemirror/view";
import { commonNames } from "./common-names.ts";
import type { EditorEvents } from "./edge.ts";

/** Shorter words are quicker typed than chosen. */
const typedCharsMin = 3;
const optionsMax = 200;

export function completion(complete: EditorEvents["complete"]): Extension {
  const source = async (context: CompletionContext): Promise<CompletionResult | null> => {
    const word = context.matchBefore(/[\w.]*/);
    const typed = word?.text ?? "";
    // A kernel is only asked when the reader asks: not at every letter.
    if (context.explicit) {
      const found = await complete(context.state.doc.toString(), context.pos).catch(() => undefined);
      if (context.aborted) return null;
      if (found && found.matches.length > 0) {
        const options = found.matches.slice(0, optionsMax).map((label) => ({ label }));
        return { from: found.from, to: found.to, options, validFor: /^[\w.]*$/ };
      }
    }
    if (typed.includes(".") || (typed.length < typedCharsMin && !context.explicit) || typed === "") return null;
    const options = localWords(context.state.doc.toString(), typed, context.pos).map((label) => ({ label }));
    return options.length === 0 ? null : { from: context.pos - typed.length, options, validFor: /^\w*$/ };
  };
  return [
    autocompletion({ override: [source], icons: false, maxRenderedOptions: 60, defaultKeymap: true }),
    // The cell cuts off what would hang over its edge; what is fixed to the window it does not.
    tooltips({ position: "fixed" }),
  ];
}

/** Tab behind a word completes it; false elsewhere. */
export function completeWord(view: EditorView): boolean {
  const { main } = view.state.selection;
  if (!main.empty || view.state.readOnly) return false;
  const line = view.state.doc.lineAt(main.head);
  return /[\w.]$/.test(line.text.slice(0, main.head - line.from)) && startCompletion(view);
}

/** Words of the code but the one that is being typed, and what everybody uses. */
export function localWords(code: string, typed: string, at: number): readonly string[] {
  const others = code.slice(0, at - typed.length) + code.slice(at);
  const found = new Set([...(others.match(/[A-Za-z_]\w{2,}/g) ?? []), ...commonNames]);
  return [...found].filter((word) => word.startsWith(typed) && word !== typed).slice(0, optionsMax);
}
