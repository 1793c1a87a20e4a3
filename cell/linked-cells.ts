/** Cells of one link in the page's order: what stands above one of them, and a button that runs it; next: runner.ts. */
import type { SageCell } from "./sage-cell.ts";

function cellsAbove(cell: SageCell): readonly SageCell[] {
  const link = cell.getAttribute("link");
  if (link === null) return [];
  const all = [...(cell.getRootNode() as ParentNode).querySelectorAll<SageCell>("sage-cell[link]")];
  return all.slice(0, all.indexOf(cell)).filter((other) => other.getAttribute("link") === link);
}

/** Cells that share a session run in the page's order, whichever of them comes into view first. */
export function autorun(cell: SageCell): void {
  for (const one of [...cellsAbove(cell), cell]) if (one.hasAttribute("autorun") && one.state === "idle") void one.run();
}

/** The button is there as long as a cell above has not run: what this one builds on may be missing. */
export function watchAbove(cell: SageCell, button: HTMLElement, signal: AbortSignal): void {
  const show = () => {
    button.hidden = !cellsAbove(cell).some(({ state }) => state === "idle");
  };
  button.addEventListener("click", () => void Promise.all(cellsAbove(cell).map((above) => above.run())), { signal });
  for (const news of ["sage-cell:state", "sage-cell:ready"]) document.addEventListener(news, show, { signal });
  show();
}
