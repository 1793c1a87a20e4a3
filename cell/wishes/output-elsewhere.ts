/** A cell's output at another place of its page, in a shadow root like the cell's; next: ../editor/editor-slot.ts. */
import sheet from "../cell.css";
import { make } from "../dom.ts";
import { adopt } from "../sheet.ts";

/** A selector that finds nothing, or is none, leaves the output where it is. */
export function outputElsewhere(cell: Element, output: HTMLElement, selector: string): void {
  const place = found(cell, selector);
  if (!place) return;
  const host = document.createElement("div");
  const theme = cell.getAttribute("theme");
  if (theme !== null) host.setAttribute("theme", theme);
  const root = host.attachShadow({ mode: "open" });
  adopt(root, sheet);
  root.append(make("div", { class: "cell elsewhere" }, output));
  place.append(host);
}

/** Null also where the selector is none. */
export function found(cell: Element, selector: string): Element | null {
  try {
    return (cell.getRootNode() as ParentNode).querySelector(selector);
  } catch {
    return null;
  }
}
