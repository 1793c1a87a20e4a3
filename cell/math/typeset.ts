/** Formulas when MathJax is there, their source until then and where it fails; next: mathjax.ts (the chunk), math-mode.ts. */
import { make } from "../dom.ts";
import { latexPieces, typesetCharsMax } from "../output/latex.ts";

type MathJax = typeof import("./mathjax.ts");
let loading: Promise<MathJax> | undefined;
let queue: Promise<unknown> = Promise.resolve();

/** A failed download is tried again by the next formula. */
function mathJax(): Promise<MathJax> {
  loading ??= import("./mathjax.ts").catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/**
 * The typeset form of a LaTeX output. Rejects if MathJax cannot be loaded or cannot read it. One formula after the other, with a
 * breath for the page between them.
 */
export function typesetLatex(source: string, root: ShadowRoot): Promise<HTMLElement> {
  const made = queue.then(async () => {
    if (source.length > typesetCharsMax) throw new Error("too long to typeset");
    const { typeset, mathStyles } = await mathJax();
    const sheet = mathStyles();
    if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets.push(sheet);
    const node = make("div", { class: "math" });
    for (const piece of latexPieces(source)) {
      if (piece.kind === "text") node.append(piece.source);
      else node.append(await typeset(piece.source, piece.kind === "display"));
    }
    await new Promise((resume) => setTimeout(resume));
    return node;
  });
  queue = made.catch(() => {});
  return made;
}
