/** One cell in a frame, for pages that may hold no scripts: code in the fragment, attributes in the query, its height told to the page around; next: linked-code.ts. */
import type { SageCell } from "../sage-cell.ts";
import { takeFromFragment } from "./linked-code.ts";

const cell = document.getElementById("cell") as SageCell;
/** What the author of the page around may choose; the rest is this server's. */
const attributes = ["hide", "template", "run-label", "language", "timeout", "theme", "label", "readonly"];

const asked = new URLSearchParams(location.search);
for (const name of attributes) {
  const value = asked.get(name);
  if (value !== null) cell.setAttribute(name, value);
}
const lang = asked.get("lang");
if (lang !== null) document.documentElement.lang = lang;

// Canvas and other learning platforms hear this message, and so can any page.
new ResizeObserver(() => {
  const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
  if (parent !== window) parent.postMessage({ subject: "lti.frameResize", height }, "*");
}).observe(document.documentElement);

void customElements.whenDefined("sage-cell").then(async () => {
  const found = await takeFromFragment(cell, location.hash);
  // Its author chose this address for the frame.
  if (found && asked.has("autorun")) void cell.run();
});
addEventListener("hashchange", () => void takeFromFragment(cell, location.hash));
