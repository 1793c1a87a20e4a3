/** Edits that stay in the reader's browser, for each page and cell: "Edited – Reset", and the reset can be undone; next: output-elsewhere.ts. */
import type { CellParts } from "../cell-parts.ts";
import { button, make } from "../dom.ts";
import type { SageCell } from "../sage-cell.ts";
import { words } from "../words/words.ts";

const charsMax = 200_000;

export function keepEdits(cell: SageCell, { status }: CellParts): void {
  const key = `sage-cell ${location.pathname} ${nameOf(cell)}`;
  let undo: string | undefined;
  const press = button("", () => {
    const back = undo;
    undo = back === undefined ? cell.value : undefined;
    if (back === undefined) cell.reset();
    else cell.value = back;
    show();
  });
  const told = make("span", { text: words("edited") });
  const note = make("span", { class: "edited", attributes: { part: "edited" } }, told, " ", press);
  status.after(note);

  const show = () => {
    const { value, original } = cell;
    const edited = value !== original;
    if (edited) undo = undefined;
    told.hidden = !edited;
    press.textContent = words(edited ? "reset" : "undoReset");
    note.hidden = !edited && undo === undefined;
    write(key, edited && value.length <= charsMax ? value : undefined);
  };
  const kept = read(key);
  if (kept !== undefined && cell.value === cell.original) cell.value = kept;
  cell.addEventListener("sage-cell:edit", show);
  show();
}

/** By its id, else by its place among the page's cells. */
function nameOf(cell: SageCell): string {
  return cell.id || String([...document.querySelectorAll("sage-cell")].indexOf(cell));
}

/** A browser may refuse to keep anything. */
function read(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(key: string, code: string | undefined): void {
  try {
    if (code === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, code);
  } catch {}
}
