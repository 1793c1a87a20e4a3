/** Which form of an output is shown, and how it reads; next: traceback.test.ts. */

import { noOutput } from "#cell/output/items.ts";
import { latexPieces, latexToCopy } from "#cell/output/latex.ts";
import { chooseForm } from "#cell/output/mime.ts";
import { addMessages } from "#cell/output/model.ts";
import { countOutput, outputInWords } from "#cell/output/summary.ts";

const bundle = (data: Record<string, unknown>, links = {}) => ({ data, metadata: {}, links });

describe("the form in which an output is shown", () => {
  it("prefers HTML, then drawings, pictures, mathematics, text", () => {
    const all = { "text/html": "<b>", "image/svg+xml": "<svg/>", "image/png": "AA", "text/latex": "x", "text/plain": "x" };
    const order: string[] = [];
    const left: Record<string, unknown> = { ...all };
    for (const type of Object.keys(all)) {
      const shown = chooseForm(bundle(left), true);
      order.push(shown.form === "image" ? shown.type : shown.form);
      delete left[type];
    }
    expect(order).toEqual(["html", "image/svg+xml", "image/png", "latex", "text"]);
  });

  it("shows no HTML where there is no frame on another origin", () => {
    expect(chooseForm(bundle({ "text/html": "<b>", "text/plain": "b" }), false)).toEqual({ form: "text", text: "b" });
  });

  it("typesets itself what Sage's HTML only wraps for an older MathJax", () => {
    const wrapped = bundle({ "text/html": "<html>\\(\\displaystyle x\\)</html>", "text/latex": "$x$", "text/plain": "x" });
    expect(chooseForm(wrapped, true).form).toBe("latex");
  });

  it("describes a picture by its text", () => {
    expect(chooseForm(bundle({ "image/png": "AA", "text/plain": "Graphics object" }), true)).toMatchObject({
      alt: "Graphics object",
    });
  });

  it("fetches what was too big for the message", () => {
    const link = { path: "shown/1.png", size: 300_000 };
    expect(chooseForm(bundle({ "text/plain": "p" }, { "image/png": link }), true)).toMatchObject({
      form: "image",
      image: { link },
    });
  });

  it("says so when it can show nothing of an output, and never runs JavaScript", () => {
    expect(chooseForm(bundle({ "application/javascript": "alert(1)" }), true)).toMatchObject({ form: "text" });
  });
});

describe("LaTeX", () => {
  it("is one displayed formula when it is bare or wrapped as Sage does", () => {
    expect(latexPieces("x^2")).toEqual([{ kind: "display", source: "x^2" }]);
    expect(latexPieces("$\\displaystyle x^2$")).toEqual([{ kind: "display", source: "\\displaystyle x^2" }]);
    const tableau = "\\left[\\raisebox{-.6ex}{$x$}, y\\right]";
    expect(latexPieces(`$\\displaystyle ${tableau}$`)).toEqual([{ kind: "display", source: `\\displaystyle ${tableau}` }]);
    expect(latexPieces("\\[x\\]")).toEqual([{ kind: "display", source: "x" }]);
  });

  it("keeps text and formulas apart", () => {
    expect(latexPieces("The value $x$ is \\$5 and $$y$$.").map(({ kind }) => kind)).toEqual([
      "text",
      "inline",
      "text",
      "display",
      "text",
    ]);
  });

  it("copies without the wrapping", () => {
    expect(latexToCopy("$\\displaystyle \\frac{1}{2}$")).toBe("\\frac{1}{2}");
  });
});

describe("an output in words", () => {
  it("counts lines, results and pictures", () => {
    const say = (number: number, msg_type: "stream" | "display_data" | "execute_result", content: Record<string, unknown>) => ({
      number,
      msg_type,
      content,
      metadata: {},
    });
    const output = addMessages(noOutput, [
      say(1, "stream", { name: "stdout", text: "a\nb\nc\n" }),
      say(2, "display_data", { data: { "image/png": "AA" } }),
    ]);
    expect(outputInWords(countOutput(output), 0)).toBe("3 lines of output, 1 picture");
    expect(outputInWords(countOutput(noOutput), 2)).toBe("2 files");
    expect(outputInWords(countOutput(noOutput), 0)).toBe("no output");
  });
});
