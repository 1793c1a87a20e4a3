/**
 * What a cell shows, as a pure function of the messages so far; next: mime.ts (which form of an output to show), view.ts (draws it).
 *
 * Items keep their object as long as nothing about them changed: the view compares by identity.
 */
import type { TranscriptMessage } from "#protocol/messages.ts";
import { type Blocks, changeBlocks, noBlocks } from "./blocks.ts";
import { type Bundle, bundleOf, recordOf, textOf } from "./content.ts";
import { appendText, noText, type TerminalText } from "./terminal-text.ts";

export type StreamName = "stdout" | "stderr";

export interface TextItem {
  readonly kind: "text";
  readonly key: number;
  readonly stream: StreamName;
  readonly text: TerminalText;
}
export interface BundleItem {
  readonly kind: "bundle";
  readonly key: number;
  readonly role: "result" | "display";
  readonly displayId: string | undefined;
  readonly bundle: Bundle;
}
export interface ErrorItem {
  readonly kind: "error";
  readonly key: number;
  readonly name: string;
  readonly value: string;
  readonly traceback: string;
}
export interface InputItem {
  readonly kind: "input";
  readonly key: number;
  readonly prompt: string;
  readonly password: boolean;
  /** `closed`: the computation ended before an answer came. */
  readonly state: "open" | "answered" | "closed";
  readonly answer: string;
}
export interface BlocksItem {
  readonly kind: "blocks";
  readonly key: number;
  readonly blocks: Blocks;
}
export type OutputItem = TextItem | BundleItem | ErrorItem | InputItem | BlocksItem;

export interface Output {
  readonly items: readonly OutputItem[];
  readonly nextKey: number;
  /** `clear_output(wait=True)` came: the next output replaces everything. */
  readonly clearPending: boolean;
  /** Messages up to here are in; a repeat changes nothing. */
  readonly lastNumber: number;
}

export const noOutput: Output = { items: [], nextKey: 1, clearPending: false, lastNumber: 0 };

export type ShownMessage = Pick<TranscriptMessage, "number" | "msg_type" | "content" | "metadata">;

export function addMessages(output: Output, messages: readonly ShownMessage[]): Output {
  const draft: Draft = { ...output, items: output.items.slice() };
  // Neighbours of one stream are added at once: thousands of short prints cost one copy instead of thousands.
  let run: { stream: StreamName; parts: string[] } | undefined;
  const endRun = () => {
    if (run) addStream(draft, run.stream, run.parts.join(""));
    run = undefined;
  };
  for (const message of messages) {
    if (message.number <= draft.lastNumber) continue;
    draft.lastNumber = message.number;
    if (message.msg_type !== "stream") {
      endRun();
      apply(draft, message);
      continue;
    }
    const stream = message.content.name === "stderr" ? "stderr" : "stdout";
    if (run?.stream !== stream) endRun();
    startOutput(draft);
    run ??= { stream, parts: [] };
    run.parts.push(textOf(message.content.text));
  }
  endRun();
  return draft;
}

export function answerInput(output: Output, key: number, answer: string): Output {
  return changeInputs(output, (item) => (item.key === key ? { ...item, state: "answered", answer } : item));
}

/** At the end of a computation nobody listens to an answer any more. */
export function closeInputs(output: Output): Output {
  return changeInputs(output, (item) => (item.state === "open" ? { ...item, state: "closed" } : item));
}

interface Draft {
  items: OutputItem[];
  nextKey: number;
  clearPending: boolean;
  lastNumber: number;
}

function apply(draft: Draft, { msg_type, content, metadata }: ShownMessage): void {
  switch (msg_type) {
    case "execute_result":
    case "display_data":
      startOutput(draft);
      add(draft, {
        kind: "bundle",
        role: msg_type === "execute_result" ? "result" : "display",
        displayId: displayIdOf(content),
        bundle: bundleOf(content, metadata),
      });
      break;
    case "update_display_data": {
      const id = displayIdOf(content);
      if (id === undefined) break;
      const bundle = bundleOf(content, metadata);
      draft.items = draft.items.map((item) => (item.kind === "bundle" && item.displayId === id ? { ...item, bundle } : item));
      break;
    }
    case "clear_output":
      if (content.wait === true) draft.clearPending = true;
      else clear(draft);
      break;
    case "error":
      startOutput(draft);
      add(draft, {
        kind: "error",
        name: textOf(content.ename),
        value: textOf(content.evalue),
        traceback: textOf(content.traceback, "\n"),
      });
      break;
    case "input_request":
      startOutput(draft);
      add(draft, {
        kind: "input",
        prompt: textOf(content.prompt),
        password: content.password === true,
        state: "open",
        answer: "",
      });
      break;
    case "extension":
      startOutput(draft);
      addFormatting(draft, content);
      break;
    case "stream":
    case "execute_reply":
    case "comm_open":
    case "comm_msg":
    case "comm_close":
      break;
  }
}

type WithoutKey<T> = T extends OutputItem ? Omit<T, "key"> : never;

function add(draft: Draft, item: WithoutKey<OutputItem>): void {
  draft.items.push({ ...item, key: draft.nextKey++ });
}

function addStream(draft: Draft, stream: StreamName, added: string): void {
  const last = draft.items.at(-1);
  if (last?.kind === "text" && last.stream === stream) {
    draft.items[draft.items.length - 1] = { ...last, text: appendText(last.text, added) };
  } else if (added !== "") add(draft, { kind: "text", stream, text: appendText(noText, added) });
}

/** Blocks are one item per uninterrupted run, so that other output keeps its place between them. */
function addFormatting(draft: Draft, content: Readonly<Record<string, unknown>>): void {
  for (let at = draft.items.length - 1; at >= 0; at--) {
    const item = draft.items[at];
    if (item?.kind !== "blocks") continue;
    const changed = changeBlocks(item.blocks, content, at === draft.items.length - 1);
    if (changed === undefined) continue;
    draft.items[at] = { ...item, blocks: changed };
    return;
  }
  const blocks = changeBlocks(noBlocks, content, true);
  if (blocks !== undefined) add(draft, { kind: "blocks", blocks });
}

function startOutput(draft: Draft): void {
  if (!draft.clearPending) return;
  clear(draft);
}

function clear(draft: Draft): void {
  draft.clearPending = false;
  draft.items = draft.items.filter((item) => item.kind === "input" && item.state === "open");
}

function changeInputs(output: Output, change: (item: InputItem) => InputItem): Output {
  return { ...output, items: output.items.map((item) => (item.kind === "input" ? change(item) : item)) };
}

function displayIdOf(content: Readonly<Record<string, unknown>>): string | undefined {
  const id = recordOf(content.transient).display_id;
  return typeof id === "string" && id !== "" ? id : undefined;
}
