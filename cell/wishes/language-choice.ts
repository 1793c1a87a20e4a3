/** A choice of languages beside the Run button; next: kept-edits.ts. */
import type { CellParts } from "../cell-parts.ts";
import { make } from "../dom.ts";
import type { SageCell } from "../sage-cell.ts";
import { words } from "../words/words.ts";

/** `names`: "sage python gap". The first is chosen, unless the cell says another by `language`. */
export function offerLanguages(cell: SageCell, { run }: CellParts, names: string): void {
  const languages = names.split(/[\s,]+/).filter((name) => /^[\w+-]+$/.test(name));
  if (languages.length < 2) return;
  const choice = make("select", { class: "language", attributes: { part: "language", "aria-label": words("language") } });
  choice.append(...languages.map((value) => make("option", { text: value, attributes: { value } })));
  choice.value = cell.getAttribute("language") ?? languages[0] ?? "";
  const choose = () => cell.setAttribute("language", choice.value);
  choice.addEventListener("change", choose);
  choose();
  run.after(choice);
}
