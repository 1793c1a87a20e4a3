/** Where Sage's syntax is not Python's, the colours still hold: generators `R.<x,y>`, ranges `[1..10]`, raw numbers `2e3r`. */

import type { DecorationSet, EditorView, ViewUpdate } from "@codemirror/view";
import { Decoration, MatchDecorator, ViewPlugin } from "@codemirror/view";

const sageOnly = new MatchDecorator({
  regexp: /\b[A-Za-z_]\w*\.<[^<>\n]*>|\.\.(?=[^.])|\b\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?[rR]\b|^\s*%{1,2}\w+/g,
  decoration: (match) =>
    Decoration.mark({ class: match[0].startsWith("..") || match[0].trim().startsWith("%") ? "cm-sage-mark" : "cm-sage" }),
});

export const sageSyntax = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = sageOnly.createDeco(view);
    }
    update(update: ViewUpdate) {
      this.decorations = sageOnly.updateDeco(update, this.decorations);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);
