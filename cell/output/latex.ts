/** LaTeX as Sage sends it, cut into text and formulas; next: ../math/typeset.ts (MathJax, loaded when first needed). */

export interface Piece {
  readonly kind: "text" | "inline" | "display";
  readonly source: string;
}

/** Longer sources would hold up the page for seconds: they are shown as text unless the reader asks. */
export const typesetCharsMax = 20_000;

const delimited = /(?<!\\)\$\$([\s\S]+?)\$\$|\\\[([\s\S]+?)\\\]|\\\(([\s\S]+?)\\\)|(?<!\\)\$((?:\\.|[^$\\])+?)\$/g;

/** A source without delimiters is one formula on a line of its own. */
export function latexPieces(source: string): Piece[] {
  const trimmed = source.trim();
  // Sage's wrapping of a whole result; text inside it may hold dollars of its own.
  const wrapped = /^\$(\\displaystyle\b[\s\S]*)\$$/.exec(trimmed)?.[1];
  if (wrapped !== undefined) return [{ kind: "display", source: wrapped.trim() }];
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of trimmed.matchAll(delimited)) {
    const [whole, dollars, brackets, parentheses, dollar] = match;
    if (match.index > from) pieces.push({ kind: "text", source: trimmed.slice(from, match.index) });
    const display = dollars ?? brackets;
    pieces.push(
      display !== undefined
        ? { kind: "display", source: display.trim() }
        : { kind: "inline", source: (parentheses ?? dollar ?? "").trim() },
    );
    from = match.index + whole.length;
  }
  if (pieces.length === 0) return [{ kind: "display", source: trimmed }];
  if (from < trimmed.length) pieces.push({ kind: "text", source: trimmed.slice(from) });
  // Alone it is a formula of its own line.
  const [only] = pieces;
  if (pieces.length === 1 && only?.kind === "inline") return [{ kind: "display", source: only.source }];
  return pieces;
}

/** What a reader wants to paste into a paper. */
export function latexToCopy(source: string): string {
  const [only, ...more] = latexPieces(source);
  return more.length === 0 && only ? only.source.replace(/^\\displaystyle\s*/, "") : source.trim();
}
