/** What authors may ask of a cell by attributes, and readers of a picture; next: plots.test.ts. */
import { readFile } from "node:fs/promises";
import { allow, inChromium, page, pageOf, server, show, visit } from "./cell-page.ts";
import { ok } from "./scripted-server.ts";
import { display, print, svg } from "./transcripts.ts";

inChromium({ opens: false });

const cell = (at = 0) => page.locator("sage-cell").nth(at);
const finished = (at = 0) => cell(at).locator(".status", { hasText: "Finished" }).waitFor();
const code = (words: string) => cell().locator(".cm-content", { hasText: words }).waitFor();
const value = () => cell().evaluate((element) => (element as HTMLElement & { value: string }).value);

describe("src", () => {
  it("takes the code from a file, without its margin", async () => {
    server.files.set("/wave.sage", "\n    plot(sin)\n");
    await show('<sage-cell src="wave.sage"></sage-cell>');
    await code("plot(sin)");
    expect(await value()).toBe("plot(sin)");
  });

  it("says why there is no code when the file cannot be had", async () => {
    allow("status of 404");
    await show('<sage-cell src="missing.sage"></sage-cell>');
    await cell().locator(".status", { hasText: "The code could not be fetched: 404" }).waitFor();
  });
});

describe("persist", () => {
  it("keeps edits in the browser, for each cell of a page; Reset brings the author's code back and can be undone", async () => {
    await show('<sage-cell persist><pre>1</pre></sage-cell><sage-cell persist id="second"><pre>2</pre></sage-cell>');
    await code("1");
    await cell().locator(".cm-content").fill("1 + 1");
    await cell().locator(".edited", { hasText: "Edited" }).waitFor();
    await page.reload();
    await code("1 + 1");
    expect(await cell(1).locator(".edited").isVisible()).toBe(false);
    await cell().getByRole("button", { name: "Reset" }).click();
    expect(await value()).toBe("1");
    await cell().getByRole("button", { name: "Undo reset" }).click();
    expect(await value()).toBe("1 + 1");
    await cell().getByRole("button", { name: "Reset" }).click();
    await page.reload();
    await code("1");
    expect(await value()).toBe("1");
  });
});

describe("languages", () => {
  it("are offered beside Run, the first one chosen", async () => {
    await show('<sage-cell languages="sage, gap python"><pre>x</pre></sage-cell>');
    await cell().getByLabel("Language").selectOption("gap");
    await cell().locator(".run").click();
    await finished();
    expect(server.submitted.at(-1)).toMatchObject({ code: "x", language: "gap" });
  });
});

describe("events", () => {
  it("tell a run from its start to its end", async () => {
    server.scripts.set("x", [print("out"), { end: { kind: "memory", message: "", files: [] } }]);
    await show("<sage-cell><pre>x</pre></sage-cell>");
    await page.evaluate(() => {
      for (const name of ["run", "output", "done", "error"])
        document.addEventListener(`sage-cell:${name}`, () => {
          document.title += ` ${name}`;
        });
    });
    await cell().locator(".run").click();
    await page.waitForFunction(() => document.title.endsWith("error"));
    expect(await page.title()).toMatch(/^x run (output )+done error$/);
  });
});

describe("fallback", () => {
  const unreached = async (attributes: string, elsewhere = "") => {
    await show(`<sage-cell ${attributes}><pre>x</pre></sage-cell>${elsewhere}`);
    await page.waitForLoadState("networkidle");
    const hidden = await cell().locator(".fallback").isHidden();
    allow("ERR_CONNECTION_REFUSED");
    await server.away();
    await cell().locator(".run").click();
    await cell().locator(".status", { hasText: "not reachable" }).waitFor();
    await server.back();
    return hidden;
  };
  const offered = () => page.locator("sage-cell [slot=fallback]");

  it.each([
    ['fallback="#copy"', '<div id="copy" hidden><b id="in">It is 4</b></div>'],
    ['fallback=".copy"', '<template class="copy"><b>It is 4</b></template>'],
  ])("%s is a copy of that element, shown when the server is away and not before", async (attribute, elsewhere) => {
    expect(await unreached(attribute, elsewhere)).toBe(true);
    await offered().getByText("It is 4").waitFor();
    expect(await cell().locator(".fallback-note").isVisible()).toBe(true);
    expect(await page.locator("[id=in]").count()).toBeLessThanOrEqual(1);
  });

  it("is words where it names no element, and they are not called a copy", async () => {
    await unreached('fallback="Come back &lt;b&gt;later&lt;/b&gt;."');
    await offered().getByText("Come back <b>later</b>.").waitFor();
    expect(await cell().locator(".fallback-note").count()).toBe(0);
  });

  it("that names an element which is not there is nothing; a child comes first", async () => {
    await unreached('fallback="#missing"');
    expect(await cell().locator(".fallback").isHidden()).toBe(true);
    await show('<sage-cell fallback="words"><pre>x</pre><p slot="fallback">mine</p></sage-cell>');
    expect(await offered().allTextContents()).toEqual(["mine"]);
  });
});

describe("output", () => {
  it("goes to another place of the page, in the cell's own looks", async () => {
    server.scripts.set("x", [print("far away"), ok]);
    await show('<sage-cell output="#there"><pre>x</pre></sage-cell><p>Between</p><div id="there"></div>');
    await cell().locator(".run").click();
    await page.locator("#there .stdout", { hasText: "far away" }).waitFor();
    expect(await page.locator("#there .output").getAttribute("aria-label")).toBe("Output of cell 1");
    expect(await cell().locator(".stdout").count()).toBe(0);
  });

  it("of a new run replaces the old one, or stands below it if the cell says so", async () => {
    await show('<sage-cell><pre>code</pre></sage-cell><sage-cell replace-output="false"><pre>code</pre></sage-cell>');
    const printed = async (at: number) => {
      for (const words of ["first", "second"]) {
        server.scripts.set("code", [print(words), display({ "image/svg+xml": svg, "text/plain": "" }), ok]);
        await cell(at).locator(".run").click();
        await cell(at).locator(".stdout", { hasText: words }).waitFor();
        await finished(at);
      }
      const pictures = cell(at).locator("img");
      await expect(pictures.evaluateAll((all: HTMLImageElement[]) => all.every((one) => one.naturalWidth > 0))).resolves.toBe(
        true,
      );
      return [(await cell(at).locator(".stdout").allTextContents()).map((text) => text.trim()), await pictures.count()];
    };
    expect(await printed(0)).toEqual([[expect.stringContaining("second")], 1]);
    expect(await printed(1)).toEqual([[expect.stringContaining("first"), expect.stringContaining("second")], 2]);
  });

  it("stays where it is when there is no such place", async () => {
    server.scripts.set("x", [print("here"), ok]);
    await show('<sage-cell output="!!"><pre>x</pre></sage-cell>');
    await cell().locator(".run").click();
    await cell().locator(".stdout", { hasText: "here" }).waitFor();
  });
});

describe("template", () => {
  it("minimal is a button and its output, restricted is code that cannot be changed", async () => {
    await show(
      '<sage-cell template="minimal"><pre>x</pre></sage-cell><sage-cell template="restricted"><pre>y</pre></sage-cell>',
    );
    await cell().locator(".run").click();
    await finished();
    expect([await cell().locator(".editor").isVisible(), await cell().locator(".share").isVisible()]).toEqual([false, false]);
    await cell(1).locator(".cm-content").waitFor();
    expect(await cell(1).locator(".cm-content").getAttribute("aria-readonly")).toBe("true");
    expect(await cell(1).locator(".share").isVisible()).toBe(false);
  });
});

describe("a linked cell", () => {
  it("offers to run all above it as long as one of them has not run", async () => {
    const cells = ["a", "b", "c"].map((name) => `<sage-cell link="k"><pre>${name}</pre></sage-cell>`);
    await show(`${cells.join("")}<sage-cell><pre>alone</pre></sage-cell>`);
    await cell(2).getByRole("button", { name: "Run all above" }).click();
    await finished(0);
    await finished(1);
    expect(server.submitted.map((one) => one.code)).toEqual(["a", "b"]);
    for (const at of [0, 1, 2, 3]) await cell(at).locator(".above").waitFor({ state: "hidden" });
  });
});

describe("a picture", () => {
  it("is enlarged by keyboard and by mouse, and saved as what the code made, and an SVG as pixels of twice the density", async () => {
    const width = { "image/svg+xml": { width: 200, height: 150 } };
    server.scripts.set("x", [display({ "text/plain": "A wave", "image/svg+xml": svg }, undefined, width), ok]);
    await show("<sage-cell><pre>x</pre></sage-cell>");
    await cell().locator(".run").click();
    const enlarge = page.getByRole("button", { name: "Enlarge: A wave" });
    await enlarge.focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "A wave" });
    await dialog.getByRole("img", { name: "A wave" }).waitFor();
    const coming = page.waitForEvent("download");
    await dialog.getByRole("button", { name: "Save as SVG" }).click();
    expect((await coming).suggestedFilename()).toBe("picture.svg");
    const pixels = page.waitForEvent("download");
    await dialog.getByRole("button", { name: "Save as PNG" }).click();
    expect((await pixels).suggestedFilename()).toBe("picture.png");
    const png = await readFile(await (await pixels).path());
    expect([png.subarray(1, 4).toString(), png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual(["PNG", 400, 300]);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(await enlarge.evaluate((button) => (button.getRootNode() as ShadowRoot).activeElement === button)).toBe(true);
    await cell().locator("img").click();
    await dialog.getByRole("button", { name: "Close" }).click();
  });
});

describe("a page of this server in a frame", () => {
  it("shows the code of its address, runs it only if its address says so, and tells its height", async () => {
    server.scripts.set("print(1)", [print("ran"), ok]);
    const hear =
      "<script>addEventListener('message', (e) => { if (e.data.subject === 'lti.frameResize') document.title = e.data.height })</script>";
    server.files.set(
      "/outer.html",
      pageOf(`${hear}<iframe title="x" src="/embed?autorun&theme=dark&hide=share#code=print(1)"></iframe>`),
    );
    await visit(`${server.url}/outer.html`);
    const inner = page.frameLocator("iframe");
    await inner.locator("sage-cell .stdout", { hasText: "ran" }).waitFor();
    expect(await inner.locator("sage-cell").getAttribute("theme")).toBe("dark");
    await page.waitForFunction(() => Number(document.title) > 100);
    const before = server.submitted.length;
    await visit(`${server.url}/embed#code=print(1)`);
    await code("print(1)");
    expect(server.submitted.length).toBe(before);
  });
});
