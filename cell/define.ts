/** What a page loads: registers `<sage-cell>` and offers `SingleCellBlock`; next: sage-cell.ts. */
import { SageCell } from "./sage-cell.ts";

export { SageCell };

// A page may include this twice, from two places even: the first one stays.
if (!customElements.get("sage-cell")) {
  // The address of one version is below its server's.
  SageCell.home = import.meta.url.replace(/(?:v\/[0-9a-f]{16}\/)?[^/]*$/, "");
  customElements.define("sage-cell", SageCell);
}

/**
 * Turns a textarea or any other element into a cell in its place and returns the `<sage-cell>`. A textarea stays in its form, with the
 * cell's code as its value. `new SingleCellBlock(element)` does the same.
 */
export function SingleCellBlock(element: Element, attributes: Readonly<Record<string, string>> = {}): SageCell {
  const cell = document.createElement("sage-cell") as SageCell;
  for (const [name, value] of Object.entries(attributes)) cell.setAttribute(name, value);
  const place = document.createComment("");
  element.replaceWith(place);
  // The code must be inside before the cell is connected and reads it.
  cell.append(element);
  place.replaceWith(cell);
  return cell;
}
