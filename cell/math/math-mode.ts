/** How mathematics is shown on this page: one choice for all cells, kept while the page is open; next: ../output/latex-view.ts. */

export const mathModes = ["typeset", "latex", "text"] as const;
export type MathMode = (typeof mathModes)[number];

let mode: MathMode = "typeset";
const changes = new EventTarget();

export function mathMode(): MathMode {
  return mode;
}

export function setMathMode(chosen: MathMode): void {
  if (chosen === mode) return;
  mode = chosen;
  changes.dispatchEvent(new Event("change"));
}

export function onMathMode(listener: () => void, signal: AbortSignal): void {
  changes.addEventListener("change", listener, { signal });
}
