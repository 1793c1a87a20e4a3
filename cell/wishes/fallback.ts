/** What the reader sees where the server is away, by attribute: a copy of an element of the page, or words; next: language-choice.ts. */
import type { CellParts } from "../cell-parts.ts";
import { make } from "../dom.ts";
import { found } from "./output-elsewhere.ts";

/**
 * `named`: "#id" or ".class" of an element, which may be hidden or a template; anything else is words. Such an element that is not
 * there is nothing. A child with slot="fallback" comes first.
 */
export function offerFallback(cell: Element, { fallback }: CellParts, named: string): void {
  if (named.trim() === "" || cell.querySelector(":scope > [slot=fallback]")) return;
  const offered = make("div", { attributes: { slot: "fallback" } });
  if (/^[#.]/.test(named)) {
    const element = found(cell, named);
    if (!element) return;
    offered.append(copyOf(element));
  } else {
    offered.textContent = named;
    // They are no copy of anything.
    fallback.querySelector(".fallback-note")?.remove();
  }
  cell.append(offered);
}

/** The page keeps its own. */
function copyOf(element: Element): Node {
  if (element instanceof HTMLTemplateElement) return element.content.cloneNode(true);
  const copy = element.cloneNode(true) as Element;
  copy.removeAttribute("hidden");
  for (const one of [copy, ...copy.querySelectorAll("[id]")]) one.removeAttribute("id");
  return copy;
}
