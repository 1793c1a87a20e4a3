/** Text as a terminal shows it, kept as lines: `\r`, `\b` and colours resolved while it streams; next: model.ts. */

/** Lines per finished block: a block is rendered as one piece and never touched again. */
export const blockLines = 500;
/** A longer line is kept in pieces, so that no single piece makes the page lay out megabytes at once. */
export const pieceCharsMax = 4096;
/** What one stream keeps; the server's own output limit is far below. */
export const keptCharsMax = 32 * 1024 * 1024;
const carryCharsMax = 64;

/**
 * Every line ends in "\n", except pieces of an overlong line; each is complete in itself, because colours still on at a line's end
 * are repeated at the start of the next.
 */
export interface TerminalText {
  readonly blocks: readonly (readonly string[])[];
  readonly tail: readonly string[];
  /** The line being written, as it came. */
  readonly open: string;
  readonly chars: number;
  readonly droppedChars: number;
  readonly carry: string;
}

export const noText: TerminalText = { blocks: [], tail: [], open: "", chars: 0, droppedChars: 0, carry: "" };

export function appendText(text: TerminalText, added: string): TerminalText {
  const room = Math.max(0, keptCharsMax - text.chars);
  const taken = added.length > room ? added.slice(0, room) : added;
  const droppedChars = text.droppedChars + added.length - taken.length;
  if (taken === "") return { ...text, droppedChars };
  const blocks = text.blocks.slice();
  let tail = text.tail.slice();
  let carry = text.carry;
  const push = (raw: string, end: string) => {
    const shown = carry + resolveLine(raw);
    carry = coloursLeftOn(shown);
    tail.push(shown + end);
    if (tail.length === blockLines) {
      blocks.push(tail);
      tail = [];
    }
  };
  const parts = (text.open + taken).split("\n");
  const last = parts.pop() ?? "";
  for (const part of parts) {
    const line = part.endsWith("\r") ? part.slice(0, -1) : part;
    pieces(line).forEach((piece, index, all) => {
      push(piece, index === all.length - 1 ? "\n" : "");
    });
  }
  let open = last;
  if (open.length > pieceCharsMax) {
    // A progress bar rewrites its line for ever: what it shows now is enough.
    open = /[\r\b]/.test(open) ? resolveLine(open) : open;
    const split = pieces(open);
    open = split.pop() ?? "";
    for (const piece of split) push(piece, "");
  }
  return { blocks, tail, open, chars: text.chars + taken.length, droppedChars, carry };
}

/** All lines as shown, the open one last. */
export function* shownLines(text: TerminalText): Generator<string> {
  for (const block of text.blocks) yield* block;
  yield* text.tail;
  if (text.open !== "") yield text.carry + resolveLine(text.open);
}

export function lineCount(text: TerminalText): number {
  return text.blocks.length * blockLines + text.tail.length + (text.open === "" ? 0 : 1);
}

/** The last lines, oldest first, without walking through all of the text. */
export function lastLines(text: TerminalText, count: number): string[] {
  const found: string[] = text.open === "" ? [] : [text.carry + resolveLine(text.open)];
  for (let i = text.tail.length - 1; i >= 0 && found.length < count; i--) found.push(text.tail[i] ?? "");
  for (let b = text.blocks.length - 1; b >= 0 && found.length < count; b--) {
    const block = text.blocks[b] ?? [];
    for (let i = block.length - 1; i >= 0 && found.length < count; i--) found.push(block[i] ?? "");
  }
  return found.reverse();
}

export function firstLines(text: TerminalText, count: number): string[] {
  const found: string[] = [];
  for (const line of shownLines(text)) {
    if (found.length === count) break;
    found.push(line);
  }
  return found;
}

const escapes = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/g;
const colour = /\x1b\[[0-9;]*m/g;

export function withoutEscapes(text: string): string {
  return text.replace(escapes, "");
}

/** Applies `\r` and `\b` within one line: later characters replace earlier ones, each keeping its own colours. */
export function resolveLine(raw: string): string {
  const line = raw.replace(escapes, (sequence) => (sequence.endsWith("m") && sequence[1] === "[" ? sequence : ""));
  if (!/[\r\b]/.test(line)) return line;
  const cells: string[] = [];
  let at = 0;
  let pending = "";
  for (const token of line.match(/\x1b\[[0-9;]*m|[\s\S]/gu) ?? []) {
    if (token === "\r") at = 0;
    else if (token === "\b") at = Math.max(0, at - 1);
    else if (token.length > 2 && token.startsWith("\x1b")) pending += token;
    else {
      cells[at] = pending + token;
      pending = "";
      at++;
    }
  }
  return cells.join("") + pending;
}

function coloursLeftOn(line: string): string {
  let on = "";
  for (const [sequence] of line.matchAll(colour)) on = /^\x1b\[0*m$/.test(sequence) ? "" : on + sequence;
  return on.length > carryCharsMax ? "" : on;
}

function pieces(line: string): string[] {
  if (line.length <= pieceCharsMax) return [line];
  const found: string[] = [];
  for (let from = 0; from < line.length; ) {
    let to = Math.min(line.length, from + pieceCharsMax);
    const code = line.charCodeAt(to - 1);
    if (to < line.length && code >= 0xd800 && code <= 0xdbff) to--; // never in the middle of a surrogate pair
    found.push(line.slice(from, to));
    from = to;
  }
  return found;
}
