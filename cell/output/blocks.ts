/** Blocks that user code opened by `new_stream`, nested; a pure function of the formatting messages; next: blocks-view.ts. */
import { type Bundle, bundleOf, recordOf, textOf } from "./content.ts";
import { appendText, noText, type TerminalText } from "./terminal-text.ts";

export const blockKinds = ["text", "html", "image", "table", "row", "cell"] as const;
export type BlockKind = (typeof blockKinds)[number];

export interface Block {
  readonly id: string;
  readonly kind: BlockKind;
  readonly title: string;
  readonly header: boolean;
  readonly text: TerminalText;
  readonly html: string;
  readonly images: readonly Bundle[];
  readonly children: readonly string[];
}
export interface Blocks {
  readonly byId: Readonly<Record<string, Block>>;
  readonly roots: readonly string[];
}
export const noBlocks: Blocks = { byId: {}, roots: [] };

/** Bounds on what one run of blocks can make the page hold. */
const blocksMax = 20_000;
const htmlCharsMax = 4_000_000;
const imagesMax = 200;
export const depthMax = 12;

/**
 * The blocks after one message; undefined if the message is about none of them. `mayOpen`: a new root block may join these.
 */
export function changeBlocks(blocks: Blocks, content: Readonly<Record<string, unknown>>, mayOpen: boolean): Blocks | undefined {
  const formatting = recordOf(content.formatting);
  const id = textOf(formatting.block);
  if (id === "") return undefined;
  const action = formatting.action;
  if (action === "open") return open(blocks, id, formatting, mayOpen);
  const block = Object.hasOwn(blocks.byId, id) ? blocks.byId[id] : undefined;
  if (!block) return undefined;
  return action === "append" ? { ...blocks, byId: { ...blocks.byId, [id]: append(block, formatting) } } : blocks;
}

function open(blocks: Blocks, id: string, formatting: Readonly<Record<string, unknown>>, mayOpen: boolean): Blocks | undefined {
  const parentId = textOf(formatting.parent);
  const parent = parentId !== "" && Object.hasOwn(blocks.byId, parentId) ? blocks.byId[parentId] : undefined;
  if (parentId !== "" ? !parent : !mayOpen) return undefined;
  if (Object.hasOwn(blocks.byId, id) || Object.keys(blocks.byId).length >= blocksMax) return blocks;
  const kind = blockKinds.find((known) => known === formatting.kind) ?? "text";
  const block: Block = {
    id,
    kind,
    title: textOf(formatting.title),
    header: formatting.header === true,
    text: noText,
    html: "",
    images: [],
    children: [],
  };
  const byId = { ...blocks.byId, [id]: block };
  if (!parent) return { byId, roots: [...blocks.roots, id] };
  return { byId: { ...byId, [parent.id]: { ...parent, children: [...parent.children, id] } }, roots: blocks.roots };
}

function append(block: Block, formatting: Readonly<Record<string, unknown>>): Block {
  if (block.kind === "html") return { ...block, html: (block.html + textOf(formatting.text)).slice(0, htmlCharsMax) };
  if (block.kind === "image") {
    if (block.images.length >= imagesMax) return block;
    return { ...block, images: [...block.images, bundleOf(formatting, recordOf(formatting.metadata))] };
  }
  return { ...block, text: appendText(block.text, textOf(formatting.text)) };
}
