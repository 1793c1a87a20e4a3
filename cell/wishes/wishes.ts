/** What few cells ask for: code from a file, a choice of languages, edits that stay, output elsewhere, words for when the server is away; a chunk of its own; next: fallback.ts. */
import type { CellParts } from "../cell-parts.ts";
import type { SageCell } from "../sage-cell.ts";
import { withoutMargin } from "../source-code.ts";
import { words } from "../words/words.ts";
import { offerFallback } from "./fallback.ts";
import { keepEdits } from "./kept-edits.ts";
import { offerLanguages } from "./language-choice.ts";
import { outputElsewhere } from "./output-elsewhere.ts";

const codeCharsMax = 1_000_000;
const granted = new WeakSet<SageCell>();

/** Once for a cell, however often the page moves it. */
export async function grantWishes(cell: SageCell, parts: CellParts): Promise<void> {
  if (granted.has(cell)) return;
  granted.add(cell);
  const fallback = cell.getAttribute("fallback");
  if (fallback !== null) offerFallback(cell, parts, fallback);
  const place = cell.getAttribute("output");
  if (place !== null) outputElsewhere(cell, parts.output, place);
  const languages = cell.getAttribute("languages");
  if (languages !== null) offerLanguages(cell, parts, languages);
  const source = cell.getAttribute("src");
  if (source !== null) await takeFrom(source, cell, parts);
  if (cell.hasAttribute("persist")) keepEdits(cell, parts);
}

/** What the reader typed meanwhile stays. */
async function takeFrom(source: string, cell: SageCell, parts: CellParts): Promise<void> {
  try {
    const answer = await fetch(new URL(source, document.baseURI));
    if (!answer.ok) throw new Error(String(answer.status));
    const code = withoutMargin((await answer.text()).slice(0, codeCharsMax));
    const untouched = cell.value === cell.original;
    cell.original = code;
    if (untouched) cell.value = code;
  } catch (error) {
    parts.status.textContent = words("sourceUnfetched", { why: error instanceof Error ? error.message : String(error) });
    parts.status.dataset.tone = "bad";
  }
}
