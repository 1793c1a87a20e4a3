/** Carriage returns, backspaces and escapes in text; next: traceback.test.ts. */
import {
  appendText,
  blockLines,
  firstLines,
  keptCharsMax,
  lastLines,
  lineCount,
  noText,
  pieceCharsMax,
  resolveLine,
  shownLines,
  type TerminalText,
} from "#cell/output/terminal-text.ts";

const written = (...parts: string[]): TerminalText => parts.reduce(appendText, noText);
const shown = (text: TerminalText) => [...shownLines(text)].join("");

describe("text as a terminal shows it", () => {
  it("is the same however it was cut into pieces", () => {
    const whole = "a\nb\x1b[31mred\nstill red\x1b[0m\r\nprogress 1\rprogress 2\nlast";
    const byChar = written(...whole);
    expect([...shownLines(byChar)]).toEqual([...shownLines(written(whole))]);
  });

  it("lets a carriage return write over the line, as progress bars do", () => {
    expect(shown(written("10%\r", "20%\r", "30%"))).toBe("30%");
    expect(resolveLine("longer\rab")).toBe("abnger");
    expect(resolveLine("ab\b\bc")).toBe("cb");
  });

  it("ends lines at \\r\\n as at \\n", () => {
    expect(shown(written("a\r\nb\r\n"))).toBe("a\nb\n");
  });

  it("repeats at the start of each line the colour that was still on", () => {
    const [, second] = shownLines(written("\x1b[31mone\ntwo\x1b[0m\nthree"));
    expect(second).toBe("\x1b[31mtwo\x1b[0m\n");
  });

  it("drops every escape sequence that is not a colour", () => {
    expect(resolveLine("\x1b[2J\x1b]0;title\x07\x1b[1mbold\x1b]8;;http://evil\x1b\\link")).toBe("\x1b[1mboldlink");
  });

  it("counts lines and gives the first and the last without walking through the rest", () => {
    const text = written(Array.from({ length: 3 * blockLines + 7 }, (_, n) => `line ${n}\n`).join(""));
    expect(lineCount(text)).toBe(3 * blockLines + 7);
    expect(firstLines(text, 2)).toEqual(["line 0\n", "line 1\n"]);
    expect(lastLines(text, 2)).toEqual([`line ${3 * blockLines + 5}\n`, `line ${3 * blockLines + 6}\n`]);
  });

  it("cuts an endless line into pieces, never inside a character, and joins them faithfully", () => {
    const line = "😀".repeat(pieceCharsMax);
    const text = written(line.slice(0, 5001), line.slice(5001));
    expect(shown(text)).toBe(line);
    expect(Math.max(...[...shownLines(text)].map((piece) => piece.length))).toBeLessThanOrEqual(pieceCharsMax);
  });

  it("keeps no more than its limit and says how much was dropped", () => {
    const text = written("x".repeat(keptCharsMax - 1), "yyy", "zz");
    expect(text.droppedChars).toBe(4);
    expect(text.chars).toBe(keptCharsMax);
  });
});
