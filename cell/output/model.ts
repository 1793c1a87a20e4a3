/**
 * What a cell shows, as a pure function of the messages so far; next: mime.ts (which form of an output to show), view.ts (draws it).
 *
 * Items keep their object as long as nothing about them changed: the view compares by identity.
 */
import type { TranscriptMessage } from "#protocol/messages.ts";
import { changeBlocks, noBlocks } from "./blocks.ts";
import { bundleOf, recordOf, textOf } from "./content.ts";
import type { InputItem, Output, OutputItem, StreamName } from "./items.ts";
import { appendText, noText } from "./terminal-text.ts";

export type OutputMessage = Pick<TranscriptMessage, "msg_type" | "content" | "metadata">;
export type ShownMessage = OutputMessage & Pick<TranscriptMessage, "number">;

/** A transcript's next messages; repeats change nothing. */
export function addMessages(output: Output, messages: readonly ShownMessage[]): Output {
  const fresh = messages.filter(({ number }) => number > output.lastNumber);
  return { ...addOutputs(output, fresh), lastNumber: fresh.at(-1)?.number ?? output.lastNumber };
}

/** Output that belongs to no transcript: what a session says by itself. */
export function addOutputs(output: Output, messages: readonly OutputMessage[]): Output {
  const draft: Draft = { ...output, items: output.items.slice() };
  // Neighbours of one stream are added at once: thousands of short prints cost one copy instead of thousands.
  let run: { stream: StreamName; parts: string[] } | undefined;
  const endRun = () => {
    if (run) addStream(draft, run.stream, run.parts.join(""));
    run = undefined;
  };
  for (const message of messages) {
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
  readonly lastNumber: number;
}

function apply(draft: Draft, { msg_type, content, metadata }: OutputMessage): void {
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
    case "execute_reply":
      addPages(draft, content);
      break;
    case "stream":
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

/** `name?` answers with a page of help beside its messages. */
function addPages(draft: Draft, content: Readonly<Record<string, unknown>>): void {
  for (const payload of Array.isArray(content.payload) ? content.payload : []) {
    const { source, data } = recordOf(payload);
    if (source !== "page") continue;
    const text = textOf(recordOf(data)["text/plain"]);
    if (text !== "") add(draft, { kind: "text", stream: "stdout", text: appendText(noText, text) });
  }
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
