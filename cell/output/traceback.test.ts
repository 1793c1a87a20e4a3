/** Tracebacks, short and whole; next: model.test.ts. */
import { withoutEscapes } from "#cell/output/terminal-text.ts";
import { readTraceback } from "#cell/output/traceback.ts";

const library = "\x1b[32mFile /usr/lib/python3/dist-packages/sage/rings/rational.pyx:12\x1b[0m, in \x1b[36msage.rings.x\x1b[0m";
const head = `\x1b[31m${"-".repeat(75)}\x1b[0m\n\x1b[31mZeroDivisionError\x1b[0m         Traceback (most recent call last)`;
const cell = (line: number) => `\x1b[32mCell In[1], line ${line}\x1b[0m\n\x1b[1m----> ${line}\x1b[0m f(0)`;
const last = "\x1b[31mZeroDivisionError\x1b[0m: division by zero";

describe("a traceback", () => {
  it("has the error itself apart, the reader's lines told from a library's", () => {
    const read = readTraceback([head, cell(3), library, library, last].join("\n"), "ZeroDivisionError", "division by zero");
    expect(read.last).toBe("ZeroDivisionError: division by zero");
    expect(read.head).toEqual([]);
    expect(read.frames.map(({ own, cellLine }) => [own, cellLine])).toEqual([
      [true, 3],
      [false, undefined],
      [false, undefined],
    ]);
    expect(read.frames.flatMap(({ lines }) => lines).some((line) => withoutEscapes(line).startsWith("ZeroDivisionError"))).toBe(
      false,
    );
  });

  it("reads Python's own form too", () => {
    const text =
      'Traceback (most recent call last):\n  File "<cell>", line 2, in <module>\n    1/0\nZeroDivisionError: division by zero';
    expect(readTraceback(text, "ZeroDivisionError", "division by zero").frames).toMatchObject([{ own: true, cellLine: 2 }]);
  });

  it("finds the line of a syntax error, whose place is indented", () => {
    const text = "  \x1b[32mCell In[1], line 2\x1b[0m\n    for\n       ^\n\x1b[31mSyntaxError\x1b[0m: invalid syntax";
    const read = readTraceback(text, "SyntaxError", "invalid syntax (<cell 1>, line 2)");
    expect(read.last).toBe("SyntaxError: invalid syntax");
    expect(read.frames).toMatchObject([{ own: true, cellLine: 2 }]);
    expect(read.frames[0]?.lines.length).toBe(3);
  });

  it("takes the reader's own modules for theirs", () => {
    const text = "File /tmp/work/mine.py:4, in g\n----> raise E\nE: no";
    expect(readTraceback(text, "E", "no").frames).toMatchObject([{ own: true, cellLine: undefined }]);
  });

  it("shows between two chained errors what connects them", () => {
    const during = "\nDuring handling of the above exception, another exception occurred:\n";
    const text = [head, cell(2), library, "\x1b[31mKeyError\x1b[0m: 1", during, cell(4), last].join("\n");
    const { frames } = readTraceback(text, "ZeroDivisionError", "division by zero");
    const own = frames.filter((frame) => frame.own).map(({ lines }) => withoutEscapes(lines.join("\n")));
    expect(own.some((words) => words.includes("KeyError: 1") && words.includes("During handling"))).toBe(true);
    expect(frames.at(-1)).toMatchObject({ own: true, cellLine: 4 });
  });

  it("is still shown when nothing of it is understood", () => {
    expect(readTraceback("what is this\nat all", "E", "")).toMatchObject({ head: ["what is this", "at all"], frames: [] });
  });
});
