/** Every kind of output in a real browser, under the gateway's own policy, from a scripted server; next: share.test.ts. */
import type { Page } from "playwright-core";
import { inChromium, page, server } from "./cell-page.ts";
import { runCode, shownText } from "./chromium.ts";
import { ok } from "./scripted-server.ts";
import { ask, display, end, integral, message, print, result, scene, svg, zeroDivision } from "./transcripts.ts";

inChromium();

const status = () => page.locator("sage-cell .status");
const output = () => page.locator("sage-cell .output");
const said = () => page.locator("sage-cell [role=status]");
/** Says its height only when its content is laid out. */
const frameIsHigh = () =>
  page.waitForFunction(() => Number(document.querySelector("sage-cell")?.shadowRoot?.querySelector("iframe")?.height) > 300);
const until = async (locator: ReturnType<Page["locator"]>, text: string | RegExp) =>
  locator.filter({ hasText: text }).first().waitFor();

describe("output", () => {
  it("comes line by line while the code runs", async () => {
    server.scripts.set("loop", [print("1\n"), { until: "two" }, print("2\n"), { until: "end" }, ok]);
    await runCode(page, "loop");
    await until(output(), /1/);
    expect(await shownText(output())).not.toContain("2");
    server.release("two");
    await until(output(), /1\s*2/);
    await until(page.locator("sage-cell .run"), "Stop");
    server.release("end");
    await until(status(), "Finished in");
    await until(said(), "finished, 2 lines of output");
  });

  it("tells standard output from error output by words", async () => {
    server.scripts.set("both", [print("fine\n"), print("careful\n", "stderr"), ok]);
    await runCode(page, "both");
    await until(page.locator("sage-cell .stderr"), /Error output\s*careful/);
  });

  it("shows a plot as a picture with words for who cannot see it", async () => {
    server.scripts.set("plot", [display({ "text/plain": "Graphics object", "image/svg+xml": svg }), ok]);
    await runCode(page, "plot");
    const picture = page.locator("sage-cell img[alt='Graphics object']");
    await picture.waitFor();
    await expect(picture.evaluate(async (img: HTMLImageElement) => img.decode().then(() => img.naturalWidth))).resolves.toBe(
      400,
    );
    await until(said(), "1 picture");
  });

  it("typesets mathematics, with a switch for one result and one for the page", async () => {
    server.scripts.set("twice", [result(integral), display(integral), ok]);
    await runCode(page, "twice");
    await page.locator("sage-cell mjx-container svg").nth(1).waitFor();
    await page.locator("sage-cell .latex select").first().selectOption("latex");
    await until(page.locator("sage-cell .latex-body").first(), "\\frac{1}{3}");
    expect(await page.locator("sage-cell mjx-container").count()).toBe(1);
    await page.locator("sage-cell .math-switch button", { hasText: "Text" }).click();
    for (const at of [0, 1]) await until(page.locator("sage-cell .latex-body").nth(at), "1/3*x^3");
    await page.locator("sage-cell .math-switch button", { hasText: "Typeset" }).click();
    await page.locator("sage-cell mjx-container svg").nth(1).waitFor();
  });

  it("shows the source where MathJax cannot read it, and one output's definitions change no other", async () => {
    const latex = (source: string) => ({ "text/plain": "plain", "text/latex": source });
    server.scripts.set("odd", [
      display(latex("\\frac{1}{")),
      display(latex("\\def\\frac#1#2{X}\\frac{1}{2}")),
      display(latex("\\frac{1}{2}")),
      ok,
    ]);
    await runCode(page, "odd");
    await until(page.locator("sage-cell .latex-body").first(), "\\frac{1}{");
    await page.locator("sage-cell .latex-body").nth(2).locator("mjx-container [data-mml-node=mfrac]").waitFor();
  });

  it("updates displays by their id and clears when told to", async () => {
    server.scripts.set("update", [
      display({ "text/plain": "old" }, "d"),
      { until: "more" },
      { say: message("update_display_data", { data: { "text/plain": "new" }, metadata: {}, transient: { display_id: "d" } }) },
      { until: "clear" },
      { say: message("clear_output", { wait: false }) },
      print("after"),
      ok,
    ]);
    await runCode(page, "update");
    await until(output(), "old");
    server.release("more");
    await until(output(), "new");
    expect(await shownText(output())).not.toContain("old");
    server.release("clear");
    await until(output(), "after");
    expect(await shownText(output())).not.toContain("new");
  });

  it("puts the error first, folds libraries, and leads to the line", async () => {
    server.scripts.set("def f(x):\n    return 1/x\nf(0)", [zeroDivision, end("error", "ZeroDivisionError")]);
    await runCode(page, "def f(x):\n    return 1/x\nf(0)");
    await until(status(), "ZeroDivisionError after");
    await until(said(), "error: ZeroDivisionError");
    expect(await shownText(page.locator("sage-cell .error-title"))).toContain("ZeroDivisionError: rational division by zero");
    expect(await page.locator("sage-cell details").getAttribute("open")).toBeNull();
    await page.locator("sage-cell .jump").click();
    await page.keyboard.press("Home");
    await page.keyboard.type("#");
    expect(await page.evaluate(() => (document.querySelector("sage-cell") as HTMLElement & { value: string }).value)).toContain(
      "#return",
    );
  });

  it("asks what the code asks, and sends the answer", async () => {
    server.scripts.set("input", [...ask("Your name? "), print("Hello"), ok]);
    await runCode(page, "input");
    await page.getByLabel("Your name?").fill("Ada");
    await page.getByLabel("Your name?").press("Enter");
    await until(output(), /Your name\?\s*Ada[\s\S]*Hello/);
    expect(server.inputs).toEqual(["Ada"]);
  });

  it("hides what is typed into a password", async () => {
    server.scripts.set("secret", [...ask("Password: ", true), ok]);
    await runCode(page, "secret");
    expect(await page.getByLabel("Password:").getAttribute("type")).toBe("password");
    await page.getByLabel("Password:").fill("s3cret");
    await page.getByLabel("Password:").press("Enter");
    await until(status(), "Finished");
    expect(await shownText(output())).not.toContain("s3cret");
  });

  it("offers files with their size to download", async () => {
    server.files.set("a.csv", "1,2");
    server.scripts.set("file", [end("ok", "", [{ path: "a.csv", size: 3 }])]);
    await runCode(page, "file");
    const link = page.locator("sage-cell .files a");
    await until(page.locator("sage-cell .files li"), /a\.csv\s*3 bytes/);
    const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
    expect(download.suggestedFilename()).toBe("a.csv");
    expect((await (await download.createReadStream()).toArray()).join("")).toBe("1,2");
  });

  it("fetches pictures that were too big for their message", async () => {
    server.files.set("shown/1.svg", svg);
    const links = { "image/svg+xml": { path: "shown/1.svg", size: svg.length } };
    server.scripts.set("big", [
      { say: message("display_data", { data: { "text/plain": "big" }, metadata: {} }, { links }) },
      ok,
    ]);
    await runCode(page, "big");
    await expect(
      page.locator("sage-cell img").evaluate(async (img: HTMLImageElement) => img.decode().then(() => img.naturalWidth)),
    ).resolves.toBe(400);
  });

  it("shows HTML in a frame of another origin that is as high as its content, its formulas typeset", async () => {
    server.scripts.set("html", [display({ "text/html": '<p>value \\(x^2\\)</p><div style="height: 300px"></div>' }), ok]);
    await runCode(page, "html");
    const frame = page.frameLocator("sage-cell iframe");
    await frame.locator("mjx-container svg").waitFor();
    await frameIsHigh();
    expect(new URL((await page.locator("sage-cell iframe").getAttribute("src")) ?? "").origin).toBe(server.frameUrl);
  });

  it("shows a scene in three dimensions, drawn by our own three.js", async () => {
    server.scripts.set("3d", [display({ "text/html": scene, "text/plain": "Graphics3d Object" }), ok]);
    await runCode(page, "3d");
    const canvas = page.frameLocator("sage-cell iframe").locator("canvas");
    await canvas.waitFor();
    await frameIsHigh();
    expect((await canvas.boundingBox())?.height).toBeGreaterThan(300);
    const middle = await canvas.evaluate((element: HTMLCanvasElement) => {
      const copy = document.createElement("canvas");
      const context = copy.getContext("2d") as CanvasRenderingContext2D;
      context.drawImage(element, element.width / 2, element.height / 2, 1, 1, 0, 0, 1, 1);
      return Array.from(context.getImageData(0, 0, 1, 1).data);
    });
    expect(middle).not.toEqual([255, 255, 255, 255]);
  });

  it("takes ten megabytes without freezing the page", async () => {
    const line = `${"0123456789".repeat(7)}\n`;
    const piece = line.repeat(2000);
    const count = Math.ceil(10_000_000 / piece.length);
    server.scripts.set("flood", [...Array.from({ length: count }, () => print(piece)), print("the end\n"), ok]);
    await page.evaluate(() => {
      const seen = { longest: 0 };
      (window as unknown as { seen: typeof seen }).seen = seen;
      let last = performance.now();
      const beat = () => {
        seen.longest = Math.max(seen.longest, performance.now() - last);
        last = performance.now();
        setTimeout(beat, 0);
      };
      beat();
    });
    await runCode(page, "flood");
    await until(status(), "Finished");
    await until(output(), "the end");
    const longest = await page.evaluate(() => (window as unknown as { seen: { longest: number } }).seen.longest);
    const nodes = await page.evaluate(() => document.querySelector("sage-cell")?.shadowRoot?.querySelectorAll("*").length ?? 0);
    expect(nodes).toBeLessThan(300);
    expect((await shownText(output())).length).toBeLessThan(50_000);
    process.stdout.write(`10 MB: the page was busy for at most ${Math.round(longest)} ms at a time, ${nodes} elements\n`);
    await page.locator("sage-cell .fold button", { hasText: "Show all" }).click();
    await page.locator("sage-cell .all").waitFor();
    await page.locator("sage-cell .fold button", { hasText: "Copy all" }).click();
    await until(page.locator("sage-cell .fold"), "Copied");
    expect((await page.evaluate(() => navigator.clipboard.readText())).length).toBeGreaterThan(10_000_000);
  });
});
