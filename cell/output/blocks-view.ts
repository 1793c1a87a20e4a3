/** Blocks on the page: tables as tables, HTML in its frame; next: error-view.ts. */
import { make } from "../dom.ts";
import { words } from "../words/words.ts";
import { type Block, type Blocks, depthMax } from "./blocks.ts";
import { bundleView } from "./bundle-view.ts";
import type { PageEdge } from "./page-edge.ts";
import { lineCount, shownLines } from "./terminal-text.ts";
import { foldAboveLines, pre, textView } from "./text-view.ts";

export function blocksView(blocks: Blocks, edge: PageEdge, signal: AbortSignal): HTMLElement {
  const node = make("div", { class: "blocks" });
  for (const id of blocks.roots) node.append(drawBlock(id, 0));
  return node;

  function drawBlock(id: string, depth: number): HTMLElement {
    const block = blocks.byId[id];
    if (!block || depth > depthMax) return make("p", { class: "note", text: words("nestedTooDeep") });
    if (block.kind === "table") return drawTable(block, depth);
    const drawn = make("div", { class: `block block-${block.kind}` });
    if (block.title !== "") drawn.append(make("p", { class: "block-title", text: block.title }));
    drawn.append(...own(block));
    for (const child of block.children) drawn.append(drawBlock(child, depth + 1));
    return drawn;
  }

  function drawTable(block: Block, depth: number): HTMLElement {
    const table = make("table", {});
    if (block.title !== "") table.append(make("caption", { text: block.title }));
    for (const rowId of block.children) {
      const row = blocks.byId[rowId];
      if (!row) continue;
      const drawn = make("tr");
      for (const cellId of row.kind === "row" ? row.children : [rowId]) {
        const cell = blocks.byId[cellId];
        if (!cell) continue;
        const into = cell.header || row.header ? make("th", { attributes: { scope: "col" } }) : make("td");
        into.append(...own(cell));
        for (const child of cell.kind === "cell" ? cell.children : []) into.append(drawBlock(child, depth + 1));
        if (cell.kind !== "cell") into.replaceChildren(drawBlock(cellId, depth + 1));
        drawn.append(into);
      }
      table.append(drawn);
    }
    return make(
      "div",
      { class: "table-box", attributes: { tabindex: 0, role: "group", "aria-label": block.title || words("table") } },
      table,
    );
  }

  /** What was written into the block itself. */
  function own(block: Block): Node[] {
    const nodes: Node[] = [];
    if (block.kind === "html" && block.html !== "") {
      nodes.push(
        bundleView({ data: { "text/html": block.html, "text/plain": block.title }, metadata: {}, links: {} }, edge, signal),
      );
    }
    for (const image of block.images) nodes.push(bundleView(image, edge, signal));
    if (block.text.chars > 0) {
      const long = lineCount(block.text) > foldAboveLines || block.text.chars > 16_000;
      nodes.push(long ? textView(block.text, "text").node : pre([...shownLines(block.text)]));
    }
    return nodes;
  }
}
