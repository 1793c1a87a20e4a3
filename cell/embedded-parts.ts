/** What cells of SageMathCell's pages load when they need it: editor, colours, formulas, frames; next: sagecell/output.ts (who asks for it). */
export { codeEditor } from "./editor/code-editor.ts";
export { typesetLatex } from "./math/typeset.ts";
export { coloured } from "./output/ansi.ts";
export { frameView } from "./output/frame-host.ts";
export { latexPieces } from "./output/latex.ts";
