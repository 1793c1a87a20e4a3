/** The start page around its cell: examples, links that hold code, how to embed; next: examples.ts. */
import type { SageCell } from "../sage-cell.ts";
import { examples } from "./examples.ts";
import { codeInFragment, linkCharsMax, linkFragment } from "./share-link.ts";

const cell = document.getElementById("cell") as SageCell;
const shared = document.getElementById("shared") as HTMLElement;

for (const { name, code } of examples) {
  const choice = Object.assign(document.createElement("button"), { type: "button", textContent: name });
  choice.addEventListener("click", () => {
    cell.value = code;
    void cell.run();
  });
  const item = document.createElement("li");
  item.append(choice);
  document.getElementById("examples")?.append(item);
}

document.getElementById("share")?.addEventListener("click", async () => {
  const fragment = await linkFragment(cell.value);
  if (fragment.length > linkCharsMax) {
    shared.textContent = "This code is too long for a link.";
    return;
  }
  history.replaceState(null, "", fragment);
  await navigator.clipboard.writeText(location.href).then(
    () => {
      shared.textContent = "Copied. The link holds the code itself; nothing was stored.";
    },
    () => {
      shared.textContent = "The link is in the address bar now; nothing was stored.";
    },
  );
});

/** A link never runs its code by itself: the reader sees it first. */
async function takeFromLink(): Promise<void> {
  const code = await codeInFragment(location.hash);
  if (code !== undefined) cell.value = code;
}
addEventListener("hashchange", () => void takeFromLink());
void customElements.whenDefined("sage-cell").then(takeFromLink);

const embed = document.getElementById("embed-code");
if (embed) {
  const script = `<script type="module" src="${location.origin}/cell.js"></script>`;
  embed.textContent = `${script}\n<sage-cell><pre>factor(2^64 - 1)</pre></sage-cell>`;
}
