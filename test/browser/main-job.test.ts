/** What a visitor does, with everything real: page, gateway, NATS, agent, gVisor, Sage. SANDCELL_TEST_URL names a system that runs already. */
import { readFile } from "node:fs/promises";
import { jest } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { type LiveSystem, startLiveSystem } from "#test/end-to-end/live-system.ts";
import { leavePage, openPage, runCode, shownText, startChromium, type Watched } from "./chromium.ts";

jest.setTimeout(120_000);
const patienceMs = 45_000;
const running = process.env.SANDCELL_TEST_URL;
let system: LiveSystem | undefined;
let browser: Browser;
let open: Watched;
let page: Page;

beforeAll(async () => {
  const own = running ? undefined : startLiveSystem({ kernels: 1, kernelsMax: 2 });
  [browser, system] = await Promise.all([startChromium(), own]);
});
afterAll(async () => {
  await browser?.close();
  expect((await system?.end()) ?? []).toEqual([]);
});
beforeEach(async () => {
  open = await openPage(browser, running || (system?.url ?? ""));
  page = open.page;
  page.setDefaultTimeout(patienceMs);
});
afterEach(async () => {
  await leavePage(page);
  expect(open.complaints).toEqual([]);
});

/** A wait that ends in vain says what the visitor saw instead. */
const until = async (selector: string, text: string | RegExp) => {
  try {
    await page.locator(`sage-cell ${selector}`).filter({ hasText: text }).first().waitFor();
  } catch (error) {
    const shown = await shownText(page.locator("sage-cell").first().locator(".status, .output").first());
    throw new Error(`${error}\nThe cell says: ${shown}\nThe browser says: ${open.complaints.join("\n")}`);
  }
};
const output = () => shownText(page.locator("sage-cell .output"));

describe("a visitor", () => {
  it("sees the picture of plot(sin(x), (x, 0, 6)), as large as matplotlib has it, and saves it as SVG and as PDF", async () => {
    await runCode(page, "plot(sin(x), (x, 0, 6))");
    const picture = page.locator("sage-cell .picture img");
    await until(".status", "Finished");
    await expect(
      picture.evaluate(async (img: HTMLImageElement) => img.decode().then(() => img.naturalWidth > 100)),
    ).resolves.toBe(true);
    expect(await picture.getAttribute("alt")).toContain("Graphics object");
    expect(Number(await picture.getAttribute("width"))).toBeCloseTo(620, -2);
    const coming = page.waitForEvent("download");
    await page.getByRole("button", { name: /^Enlarge/ }).click();
    await page.getByRole("button", { name: "Save as SVG" }).click();
    expect(await readFile(await (await coming).path(), "utf8")).toContain("<svg");
    const pdf = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save as PDF" }).click();
    expect(await readFile(await (await pdf).path(), "latin1")).toMatch(/^%PDF/);
    await page.getByRole("button", { name: "Close" }).click();
    expect(await page.locator("sage-cell .files a").count()).toBe(0);
  });

  it("sees what a loop prints line by line", async () => {
    await runCode(page, "from time import sleep\nfor k in range(4):\n    print('line', k)\n    sleep(0.3)");
    await until(".output", "line 0");
    expect(await output()).not.toContain("line 3");
    await until(".status", "Finished");
    expect((await output()).match(/line \d/g)).toEqual(["line 0", "line 1", "line 2", "line 3"]);
  });

  it("reads what went wrong in 1/0, and where", async () => {
    await runCode(page, "x = 5\n1/0");
    await until(".status", "ZeroDivisionError after");
    expect(await shownText(page.locator("sage-cell .error-title"))).toContain("ZeroDivisionError: rational division by zero");
    await until(".jump", "line 2");
  });

  it("sees integrate(x^2, x) typeset, as LaTeX and as text", async () => {
    await runCode(page, "integrate(x^2, x)");
    await page.locator("sage-cell .latex-body mjx-container svg").waitFor();
    await page.locator("sage-cell .math-switch button", { hasText: "LaTeX" }).click();
    await until(".latex-body", /\\frac\{1\}\{3\}.*x\^\{3\}/);
    await page.locator("sage-cell .math-switch button", { hasText: "Text" }).click();
    await until(".latex-body", "1/3*x^3");
  });

  it("sees tableaux typeset, whose LaTeX holds definitions and text with formulas", async () => {
    await runCode(page, "show(StandardTableaux([2,1]).list())\nshow(Partition([3,2,1]).conjugate())");
    await page.locator("sage-cell .latex-body mjx-container [data-mml-node=mtable]").first().waitFor();
  });

  it("takes a.csv away, with what was written into it", async () => {
    await runCode(page, "open('a.csv','w').write('1,2')");
    await until(".files li", /a\.csv\s*3 bytes/);
    const [download] = await Promise.all([page.waitForEvent("download"), page.locator("sage-cell .files a").click()]);
    expect(download.suggestedFilename()).toBe("a.csv");
    expect((await (await download.createReadStream()).toArray()).join("")).toBe("1,2");
  });

  it("stops an endless loop", async () => {
    await runCode(page, "while True: pass");
    await until(".status", "Running 1 s");
    await page.locator("sage-cell .run", { hasText: "Stop" }).click();
    await until(".status", "Stopped by you after");
  });

  it("is told that the time limit stopped an endless loop", async () => {
    await page.evaluate(() => document.querySelector("sage-cell")?.setAttribute("timeout", "2"));
    await runCode(page, "while True: pass");
    await until(".status", "Time limit reached");
    expect(await shownText(page.locator("sage-cell .status"))).toMatch(/2 s/);
  });

  it("answers what input() asks", async () => {
    await runCode(page, "n = Integer(input('How many? '))\nprint('twice is', 2*n)");
    await page.getByLabel("How many?").fill("21");
    await page.getByLabel("How many?").press("Enter");
    await until(".output", "twice is 42");
  });

  it("turns a scene in three dimensions", async () => {
    await runCode(page, "sphere()");
    const canvas = page.frameLocator("sage-cell iframe").locator("canvas");
    await canvas.waitFor();
    await until(".status", "Finished");
    expect((await canvas.boundingBox())?.height).toBeGreaterThan(300);
  });

  it("sees tables that the code builds block by block", async () => {
    await runCode(page, "t = new_stream('table')\nt.row('n', 'square', header=True)\nfor n in [1..3]:\n    t.row(n, n^2)");
    await until("th", "square");
    await until("td", "9");
  });

  it("finds every example of the page working", async () => {
    const names = (await page.locator("#examples button").allInnerTexts()).filter(
      (name) => name !== "Ask" && name !== "Step by step",
    );
    for (const name of names) {
      await page.getByRole("button", { name, exact: true }).click();
      await until(".status", "Finished in");
      await page.locator("sage-cell .item").first().waitFor();
    }
  });

  it("sees what a slider's own callback does to another widget, as long as the cell stays", async () => {
    await runCode(
      page,
      "import ipywidgets as w\nn, said = w.IntSlider(value=2, max=9, description='n'), w.Label('still')\n" +
        "n.observe(lambda change: setattr(said, 'value', str(factor(change['new'] + 90))), 'value')\nw.VBox([n, said])",
    );
    await until(".status", "Finished");
    await page.locator("sage-cell").getByLabel("n", { exact: true }).press("ArrowRight");
    await until(".interact", "3 * 31");
  });

  it("types into a widget that has no control of the page, and the kernel hears it", async () => {
    await runCode(
      page,
      "import ipywidgets as w\nt, said = w.TagsInput(value=['7']), w.Label('still')\n" +
        "t.observe(lambda change: setattr(said, 'value', 'sum %d' % sum(map(int, t.value))), 'value')\nw.VBox([t, said])",
    );
    const frame = page.locator("sage-cell").frameLocator("iframe");
    await frame.locator(".jupyter-widget-tagsinput").click();
    await page.keyboard.type("35");
    await page.keyboard.press("Enter");
    await until(".interact", "sum 42");
  });

  const widgetOf = (module: string, more: string) =>
    "import ipywidgets, traitlets\nclass Press(ipywidgets.DOMWidget):\n" +
    `    _model_module = _view_module = traitlets.Unicode('${module}').tag(sync=True)\n` +
    "    _model_module_version = _view_module_version = traitlets.Unicode('1.0.0').tag(sync=True)\n" +
    `    ${more}\n    n = traitlets.Int(1).tag(sync=True)\n` +
    "    @traitlets.observe('n')\n    def twice(self, change):\n        if change['new'] == 2: self.n = int(factorial(5))\nPress()";

  it("presses a widget that brings its script along, and sees what the kernel made of it", async () => {
    const script =
      "export default { render({ model, el }) { const b = document.createElement('button'); const draw = () => b.textContent = 'n ' + model.get('n');" +
      "draw(); model.on('change:n', draw); b.onclick = () => { model.set('n', 2); model.save_changes(); }; el.append(b); } }";
    await runCode(
      page,
      widgetOf(
        "anywidget",
        `_model_name = traitlets.Unicode('AnyModel').tag(sync=True)\n    _view_name = traitlets.Unicode('AnyView').tag(sync=True)\n    _esm = traitlets.Unicode("""${script}""").tag(sync=True)`,
      ),
    );
    const frame = page.locator("sage-cell").frameLocator("iframe");
    await frame.getByRole("button", { name: "n 1" }).click();
    await frame.getByRole("button", { name: "n 120" }).waitFor();
  });

  it("presses a widget of another package, whose script is fetched where the server says", async () => {
    await page.context().route("**/v1/settings", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({
        response: answer,
        json: { ...(await answer.json()), widgetModulesUrl: "https://widgets.example" },
      });
    });
    await page.context().route("https://widgets.example/press-widget@1.0.0/dist/index.js", (route) =>
      route.fulfill({
        contentType: "text/javascript",
        body: `define(["@jupyter-widgets/base"], (base) => ({ PressModel: base.DOMWidgetModel, PressView: class extends base.DOMWidgetView {
          render() { const b = document.createElement("button"); const draw = () => { b.textContent = "n " + this.model.get("n"); };
            draw(); this.listenTo(this.model, "change:n", draw); b.onclick = () => { this.model.set("n", 2); this.touch(); }; this.el.append(b); } } }));`,
      }),
    );
    const names =
      "_model_name = traitlets.Unicode('PressModel').tag(sync=True)\n    _view_name = traitlets.Unicode('PressView').tag(sync=True)";
    await runCode(page, widgetOf("press-widget", names));
    const frame = page.locator("sage-cell").frameLocator("iframe");
    await frame.getByRole("button", { name: "n 1" }).click();
    await frame.getByRole("button", { name: "n 120" }).waitFor();
  });

  it("moves the slider of an interact and sees its new scene, though that is too big for one message", async () => {
    await runCode(
      page,
      "var('y')\n@interact\ndef f(n=slider(1, 5)):\n    print('n is', n)\n    show(plot3d(sin(n*x*y), (x, 0, 5), (y, 0, 5), plot_points=60))",
    );
    await until(".widget-output", "n is 1");
    await page.locator("sage-cell").getByLabel("n", { exact: true }).press("ArrowRight");
    await until(".widget-output", "n is 2");
    await page.locator("sage-cell .widget-output").frameLocator("iframe").locator("canvas").first().waitFor();
  });
});
