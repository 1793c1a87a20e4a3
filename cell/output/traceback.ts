/** A traceback cut into frames, the user's own told from a library's; next: error-view.ts (draws them). */
import { withoutEscapes } from "./terminal-text.ts";

export interface Frame {
  /** Whose code: the reader's cell or files, or a library's. */
  readonly own: boolean;
  /** In the reader's cell: the line to move the caret to, from 1. */
  readonly cellLine: number | undefined;
  /** As sent, colours included. */
  readonly lines: readonly string[];
}
export interface Traceback {
  /** What stands before the first frame, without "Traceback (most recent call last)". */
  readonly head: readonly string[];
  readonly frames: readonly Frame[];
  /** The last line: "ZeroDivisionError: rational division by zero". */
  readonly last: string;
}

const pythonFrame = /^\s*File "([^"]+)", line (\d+)/;
const ipythonFile = /^File (\S+?):(\d+)(?:, in |$|:)/;
const cell = /^\s*(?:Cell In ?\[\d+\]|Input In \[\d+\]|In\[\d+\]|<(?:cell|ipython-input)[^>]*>),? ?(?:line |in )/;
const cellNames = /^(?:<cell>|<(?:cell|ipython-input)[^>]*>|In\[\d+\]|Cell In\[\d+\])$/;
const libraries =
  /(?:^|\/)(?:site-packages|dist-packages|python3[^/]*|sage_setup|src\/sage)\/|^<frozen |\.(?:pyx|pxi|pxd|so)$|^sage\//;
const chained = /^(?:During handling of the above exception|The above exception was the direct cause)/;
const separator = /^-{20,}$/;
const framesMax = 200;

export function readTraceback(traceback: string, name: string, value: string): Traceback {
  // Python adds the place to a syntax error's words; the frame says it better.
  const words = value.replace(/ \(<cell[^>]*>, line \d+\)$/, "");
  const last = words === "" ? name : `${name}: ${words}`;
  const head: string[] = [];
  const frames: Frame[] = [];
  let current: { own: boolean; cellLine: number | undefined; lines: string[] } | undefined;
  for (const line of withoutLastLines(traceback.replace(/\n+$/, "").split("\n"), last)) {
    const plain = withoutEscapes(line);
    const start = startOfFrame(plain);
    if (chained.test(plain) && frames.length < framesMax) {
      // The first error's own last line belongs to what is said about it, not to a frame that may be folded.
      const errorLine = takeErrorLine(current?.lines ?? head);
      current = { own: true, cellLine: undefined, lines: [...errorLine, line] };
      frames.push(current);
    } else if (start && frames.length < framesMax) {
      current = { ...start, lines: [line] };
      frames.push(current);
    } else if (current && isDecoration(plain) && plain.trim() !== "") {
      // The second error's heading: its frames follow.
    } else if (current) {
      current.cellLine ??= current.own ? arrowLine(plain, current.lines[0] ?? "") : undefined;
      current.lines.push(line);
    } else if (!isDecoration(plain)) {
      head.push(line);
    }
  }
  for (const frame of frames) trimEnd(frame.lines as string[]);
  return { head, frames, last };
}

function startOfFrame(plain: string): { own: boolean; cellLine: number | undefined } | undefined {
  if (cell.test(plain)) {
    const line = /line (\d+)/.exec(plain)?.[1];
    return { own: true, cellLine: line === undefined ? undefined : Number(line) };
  }
  const found = pythonFrame.exec(plain) ?? ipythonFile.exec(plain);
  if (!found) return undefined;
  const [, file = "", line = ""] = found;
  if (cellNames.test(file)) return { own: true, cellLine: Number(line) };
  return { own: !libraries.test(file), cellLine: undefined };
}

/** IPython marks the line in the listing: "----> 3 f(1)". */
function arrowLine(plain: string, header: string): number | undefined {
  if (!cell.test(withoutEscapes(header))) return undefined;
  const line = /^-+> ?(\d+) /.exec(plain)?.[1];
  return line === undefined ? undefined : Number(line);
}

function isDecoration(plain: string): boolean {
  return (
    separator.test(plain) ||
    plain.trim() === "" ||
    /^\S+ +Traceback \(most recent call last\)$/.test(plain) ||
    /^Traceback/.test(plain)
  );
}

/** The error itself is shown on its own: its repeat at the traceback's end is left out. */
function withoutLastLines(lines: string[], last: string): string[] {
  const ending = last.split("\n");
  const tail = lines.slice(-ending.length).map(withoutEscapes);
  return tail.join("\n").trim() === last.trim() ? lines.slice(0, -ending.length) : lines;
}

function takeErrorLine(lines: string[]): string[] {
  trimEnd(lines);
  const taken = lines.length > 1 ? lines.pop() : undefined;
  return taken === undefined ? [] : [taken];
}

function trimEnd(lines: string[]): void {
  while (lines.length > 1 && withoutEscapes(lines.at(-1) ?? "").trim() === "") lines.pop();
}
