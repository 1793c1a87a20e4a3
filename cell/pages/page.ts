/** The start page around its cell: examples, links that hold code, how to embed; next: linked-code.ts. */
import type { SageCell } from "../sage-cell.ts";
import { takeFromFragment } from "./linked-code.ts";
import { takeFromQuery } from "./sagecell-link.ts";

const cell = document.getElementById("cell") as SageCell;

for (const choice of document.querySelectorAll<HTMLButtonElement>("#examples button")) {
  choice.addEventListener("click", () => {
    cell.value = choice.querySelector("code")?.textContent ?? "";
    void cell.run();
  });
}

const takeFromLink = () => takeFromFragment(cell, location.hash);
addEventListener("hashchange", () => void takeFromLink());
void customElements.whenDefined("sage-cell").then(takeFromLink);
void customElements.whenDefined("sage-cell").then(() => takeFromQuery(cell, location.search));

// A new element instead of a changed one: text that grows in place counts as a shift of the layout.
const embed = document.getElementById("embed-code");
const filled = embed?.cloneNode(true) as HTMLElement | undefined;
filled?.querySelector("span")?.replaceWith(location.origin);
if (embed && filled) embed.replaceWith(filled);

/** A server that was started without its sandbox says so before anybody types. */
async function tellMissingWall(): Promise<void> {
  const answer = await fetch("/v1/settings");
  const { gvisor } = (await answer.json()) as { gvisor?: boolean };
  if (gvisor !== false) return;
  document.getElementById("walls")?.replaceChildren();
  const warning = document.createElement("p");
  warning.className = "unsafe";
  warning.role = "alert";
  warning.textContent =
    "UNSAFE: this server runs code without a sandbox. It is for trying things where no stranger can reach it.";
  document.querySelector("header")?.append(warning);
}
// A server that cannot say, one that needs a token for instance, is told of by the cell itself.
tellMissingWall().catch(() => {});
