/** The code that a page author wrote into an element; next: sage-cell.ts. */

/** Surrounding blank lines and common indentation belong to the page's markup, not to the code. */
export function withoutMargin(source: string): string {
  const lines = source.replace(/\r\n?/g, "\n").replace(/\t/g, "    ").split("\n");
  while (lines.length > 0 && lines[0]?.trim() === "") lines.shift();
  while (lines.length > 0 && lines.at(-1)?.trim() === "") lines.pop();
  const margins = lines.filter((line) => line.trim() !== "").map((line) => /^ */.exec(line)?.[0].length ?? 0);
  const margin = margins.length === 0 ? 0 : Math.min(...margins);
  return lines.map((line) => line.slice(margin).trimEnd()).join("\n");
}

/** From `<script type="text/x-sage">`, `<textarea>`, `<pre>` or the element's own text, whichever comes first in this list. */
export function codeIn(element: Element): string {
  const script = element.querySelector('script[type="text/x-sage"]');
  if (script) return withoutMargin(script.textContent ?? "");
  const area = element instanceof HTMLTextAreaElement ? element : element.querySelector("textarea");
  if (area) return withoutMargin(area.value);
  return withoutMargin((element.querySelector("pre") ?? element).textContent ?? "");
}
