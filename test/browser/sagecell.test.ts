/** A page that was written for SageMathCell, in a browser, against the real system, from its host and from another; next: chromium.ts. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { jest } from "@jest/globals";
import type { Browser, Locator, Page } from "playwright-core";
import { leavePage, openPage, startChromium } from "#test/browser/chromium.ts";
import { type LiveSystem, startLiveSystem } from "#test/end-to-end/live-system.ts";

jest.setTimeout(60_000);

let system: LiveSystem;
let browser: Browser;
let elsewhere: Server;
let page: Page;
let complaints: string[];
const url = () => `http://localhost:${(elsewhere.address() as AddressInfo).port}`;
const example = readFileSync(join(import.meta.dirname, "../../examples/sagecell.html"), "utf8");
/** Pages of another host than the server's. */
let body = "";
beforeAll(async () => {
  [browser, system] = await Promise.all([startChromium(), startLiveSystem({ kernels: 2, kernelsMax: 4 })]);
  elsewhere = createServer((request, response) => {
    const text = request.url === "/" ? body : "";
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(text);
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, "localhost", resolve));
  body = example.replaceAll('="/static/', `="${system.url}/static/`);
  const opened = await openPage(browser, url());
  [page, complaints] = [opened.page, opened.complaints];
});
afterAll(async () => {
  await browser?.close();
  elsewhere?.close();
  expect(await system?.end()).toEqual([]);
});

const output = (place: string, name: string) => page.locator(`${place} .sagecell_sessionOutput .sagecell_${name}`);

test("has the structure that pages style, fill and press", async () => {
  const shape = await page.evaluate(() => {
    const cell = document.querySelector("div.compute") as HTMLElement;
    const [input, elements] = [...cell.children] as HTMLElement[];
    return {
      cell: cell.className,
      children: [input?.className, elements?.className],
      input: [...(input?.children ?? [])].map((node) => node.className),
      area: input?.firstElementChild?.firstElementChild?.className,
      output: [...(elements?.children ?? [])].map((node) => node.className),
    };
  });
  expect(shape).toEqual({
    cell: "compute sagecell",
    children: ["sagecell_input", "sagecell_output_elements"],
    input: ["sagecell_editor", "sagecell_evalButton", "sagecell_options"],
    area: "sagecell_commands",
    output: ["sagecell_output", "sagecell_messages"],
  });
});

test("a cell of a page on another host runs, by a press of the second child", async () => {
  await page.evaluate(() => {
    const second = document.querySelector("div.compute")?.children[0]?.children[1];
    if (second instanceof HTMLElement) second.click();
  });
  await page.waitForFunction(() =>
    document.querySelector("div.compute .sagecell_sessionOutput")?.textContent?.includes("6700417"),
  );
  const session = page.locator("div.compute >> nth=0").locator(".sagecell_output > .sagecell_sessionContainer");
  const parts = await session.evaluate((node) => [...node.children].map(({ className }) => className.split(" ")[0]));
  expect(parts).toEqual(["sagecell_permalink", "sagecell_sessionOutput", "sagecell_poweredBy", "sagecell_sessionFiles"]);
  await page.waitForFunction(() => !document.querySelector("div.compute .sagecell_sessionOutput.sagecell_active"));
});

test("a plot is an image of the kernel's files", async () => {
  const cell = page.locator("div.compute >> nth=1");
  await cell.locator(".sagecell_evalButton").click();
  const picture = cell.locator(".sagecell_sessionOutput img.sagecell_image");
  await picture.waitFor();
  await expect(
    picture.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth > 100)),
  ).resolves.toBe(true);
});

test("a scene is shown in a frame, a formula is typeset, an error has its colours", async () => {
  await page.evaluate(() => {
    const { makeSagecell } = (window as unknown as { sagecell: { makeSagecell(options: object): void } }).sagecell;
    const place = Object.assign(document.createElement("div"), { id: "rich" });
    document.body.append(place);
    makeSagecell({ inputLocation: "#rich", code: "show(sphere())\nshow(1/x)\n1/0", autoeval: true });
  });
  const scene = page.locator("#rich .sagecell_html iframe");
  await scene.contentFrame().locator("canvas").first().waitFor();
  await page.locator("#rich .sagecell_math svg").first().waitFor();
  await page.locator("#rich .sagecell_pyerr .ansi-red-fg").first().waitFor();
});

test("linked cells share a kernel, and each shows its own output", async () => {
  const [first, second] = [page.locator("div.linked >> nth=0"), page.locator("div.linked >> nth=1")];
  await first.locator(".sagecell_evalButton").click();
  await second.locator(".sagecell_evalButton").click();
  await second.locator(".sagecell_stdout").waitFor();
  expect(await second.locator(".sagecell_stdout").textContent()).toBe("42\n");
  expect(await first.locator(".sagecell_stdout").count()).toBe(0);
});

test("an interact runs by itself, without its code, and follows its controls", async () => {
  const cell = page.locator("#interact");
  await cell.locator(".sagecell_interactOutput .sagecell_stdout", { hasText: "2 to the power 3 is 8" }).waitFor();
  expect(await cell.locator(".sagecell_editor").isVisible()).toBe(false);
  expect(await cell.locator(".sagecell_evalButton").isVisible()).toBe(false);
  await cell.locator("input[type=range]").fill("4");
  await cell.locator(".sagecell_interactOutput .sagecell_stdout", { hasText: "2 to the power 5 is 32" }).waitFor();
  await cell.getByLabel("3", { exact: true }).check();
  await cell.locator(".sagecell_interactOutput .sagecell_stdout", { hasText: "3 to the power 5 is 243" }).waitFor();
});

test("controls that only SageMathCell has are there, the code moves and adds some, and a saved state comes back", async () => {
  await page.evaluate(() => {
    const { makeSagecell } = (window as unknown as { sagecell: { makeSagecell(options: object): object } }).sagecell;
    const [place, here] = [document.createElement("div"), document.createElement("div")];
    Object.assign(place, { id: "controls" });
    Object.assign(here, { id: "here" });
    document.body.append(place, here);
    const code = `
@interact(locations={"word": "#here"})
def f(p, many=MultiSlider(2, slider_type="discrete", values=[[1, 2, 3], [4, 5]]), grid=InputGrid(1, 2, [1, 2]),
      bar=ButtonBar(["a", "b"], "none"), word=["x", "y"], note=HtmlBox("<b>note</b>")):
    print(many, grid, bar, word)
    if bar == "b": p.word = "x"
    if bar == "a": p.more = True
    @interact
    def g(inner=ExpressionBox("y^2")):
        print("inner", inner)
var("y")
@interact
def h(n=slider(1, 5, 1)):
    print("second", n)
    if n == 5: open("five.txt", "w").write("5")`;
    const bookmarks = [{ name: "mine", state: { many: [2, 0], word: 1 } }];
    const interacts = [{ state: { many: [0, 1] }, bookmarks }, { state: { n: 2 } }];
    Object.assign(window, { info: makeSagecell({ inputLocation: "#controls", code, interacts, autoeval: true }) });
  });
  const cell = page.locator("#controls");
  const says = (text: string) => cell.locator(".sagecell_stdout", { hasText: text }).first().waitFor();
  await says("[1, 5] [[1, 2]] none x");
  // The second of those that stand by themselves, though another stands inside the first.
  await says("second 3");
  await cell.getByLabel("slider 1").fill("1");
  await says("[2, 5] [[1, 2]] none x");
  await cell.getByLabel("row 1, column 2").fill("7");
  await cell.getByRole("button", { name: "Submit" }).click();
  await says("[2, 5] [[1, 7]] none x");
  await page.locator("#here").getByLabel("y", { exact: true }).check();
  await says("[2, 5] [[1, 7]] none y");
  // The first one belongs to what is nested in its output.
  await cell.locator("summary", { hasText: "Bookmarks" }).nth(1).click();
  await cell.getByRole("button", { name: "mine", exact: true }).click();
  await says("[3, 4] [[1, 7]] none y");
  await cell.getByRole("button", { name: "b", exact: true }).click();
  await says("[3, 4] [[1, 7]] b y");
  await page.locator("#here input:checked + label", { hasText: "x" }).waitFor();
  await cell.getByRole("button", { name: "a", exact: true }).click();
  await cell.getByLabel("more").waitFor();
  await cell.locator(".sagecell_interactOutput .sagecell_interactContainer input").first().fill("y^3");
  await page.keyboard.press("Tab");
  await says("inner y^3");
  // What the code added is no argument of its function.
  await cell.getByRole("button", { name: "mine", exact: true }).click();
  await says("[3, 4] [[1, 7]] none y");
  await cell.getByLabel("n", { exact: true }).fill("4");
  const file = cell.locator(".sagecell_sessionFiles a", { hasText: "five.txt" });
  const address = await file.getAttribute("href");
  expect(await (await fetch(address ?? "")).text()).toBe("5");
  // Its kernel is for others.
  await page.evaluate(() => {
    const { sagecell, info } = window as unknown as { sagecell: { deleteSagecell(info: object): void }; info: object };
    sagecell.deleteSagecell(info);
  });
  expect(await cell.count()).toBe(0);
});

test("another language is chosen, and the output stands where the page wants it", async () => {
  const cell = page.locator("#languages");
  expect(await cell.locator(".sagecell_language select").inputValue()).toBe("gap");
  await cell.locator(".sagecell_language select").selectOption("singular");
  await cell.locator("textarea.sagecell_commands").fill("6*120;");
  await cell.locator("textarea.sagecell_commands").press("Shift+Enter");
  await output("#elsewhere", "stdout").waitFor();
  expect((await output("#elsewhere", "stdout").textContent())?.trim()).toBe("720");
});

test("pages find kernels and the editor by the names that they know", async () => {
  const said = await page.evaluate(async () => {
    const { kernels, makeSagecell } = (window as unknown as { sagecell: Record<string, never> }).sagecell as unknown as {
      kernels: { execute(code: string, callbacks: object): void }[];
      makeSagecell(options: object): { inputLocation: Element; editorData: { getValue(): string } };
    };
    const place = document.body.appendChild(document.createElement("div"));
    place.textContent = "2+2";
    let initialized = 0;
    const options = { inputLocation: place, linked: true, linkKey: "own", callback: () => initialized++ };
    const info = makeSagecell(options);
    makeSagecell({ inputLocation: place });
    (place.querySelector(".sagecell_evalButton") as HTMLElement).click();
    const kernel = kernels.at(-1);
    const value = await new Promise((resolve) =>
      kernel?.execute("6*7", {
        iopub: {
          output: ({ msg_type, content }: { msg_type: string; content: { data: Record<string, string> } }) =>
            msg_type === "execute_result" && resolve(content.data["text/plain"]),
        },
      }),
    );
    return [initialized, info.editorData.getValue(), value, place.querySelectorAll(".sagecell_input").length];
  });
  expect(said).toEqual([1, "2+2", "42", 1]);
});

test("code of a linked cell moves a control of another's, and a value that follows it is shown in its own cell", async () => {
  await page.evaluate(() => {
    const { makeSagecell } = (window as unknown as { sagecell: { makeSagecell(options: object): void } }).sagecell;
    const codes = ["width = 2\ndynamic(width=(1..9))", "dynamic_expression('width^2', 'width')", "width = 5"];
    for (const [at, code] of codes.entries()) {
      document.body.append(Object.assign(document.createElement("div"), { id: `dynamic${at}` }));
      makeSagecell({ inputLocation: `#dynamic${at}`, code, linkKey: "own" });
    }
  });
  const [control, value, change] = [0, 1, 2].map((at) => page.locator(`#dynamic${at}`)) as [Locator, Locator, Locator];
  const says = (text: string) =>
    value.locator(".sagecell_interactOutput").getByRole("math", { name: text, exact: true }).waitFor();
  await control.locator(".sagecell_evalButton").click();
  await value.locator(".sagecell_evalButton").click();
  await says("4");
  await control.getByLabel("width").fill("2");
  await says("9");
  await change.locator(".sagecell_evalButton").click();
  await says("25");
  expect(await control.getByLabel("width").inputValue()).toBe("4");
  expect(await change.getByRole("math").count()).toBe(0);
});

test("the start page reads SageMathCell's links, and runs what they hold", async () => {
  const links = ["?c=print(%226*7%22)", "?z=eJwrKMrMK9FQMtMyV9IEABp2A1o=&lang=sage"];
  const form = new URLSearchParams({ code: 'print("6*7")', language: "python" });
  const kept = await fetch(`${system.url}/permalink`, { method: "POST", body: form });
  links.push(`?q=${((await kept.json()) as { query: string }).query}`);
  for (const link of links) {
    const { page: start } = await openPage(browser, `${system.url}/${link}`);
    await start.getByText("6*7", { exact: true }).first().waitFor();
    await leavePage(start);
  }
});

test("the start page puts the controls of a shared interact where they stood", async () => {
  const code = "@interact\ndef f(n=slider(1, 10, 1), word=['red', 'blue']):\n    print(n, word)";
  const form = new URLSearchParams({ code, interacts: JSON.stringify([{ state: { n: 6, word: 1 }, bookmarks: [] }]) });
  const kept = (await (await fetch(`${system.url}/permalink`, { method: "POST", body: form })).json()) as Record<
    string,
    string
  >;
  for (const link of [`?z=${kept.zip}&interacts=${kept.interacts}`, `?q=${kept.query}`]) {
    const { page: start } = await openPage(browser, `${system.url}/${link}`);
    await start.getByText("7 blue").first().waitFor();
    await leavePage(start);
  }
});

test("an exercise in a cell of this project's is answered with the browser's own controls", async () => {
  const { page: exercises } = await openPage(browser, `${system.url}/examples/interacts.html`);
  const cell = exercises.locator("#exercise");
  await cell.locator(".run").click();
  const question = cell.getByText(/^What is \d+ \+ \d+\?/);
  await question.waitFor();
  const [a = 0, b = 0] = ((await question.textContent()) ?? "").match(/\d+/g)?.map(Number) ?? [];
  const answer = async (text: string, said: string) => {
    await cell.getByLabel("Answer").fill(text);
    await cell.getByRole("button", { name: "Check" }).click();
    await cell.getByText(said).waitFor();
  };
  await answer("1", "Not correct. Add the tens first.");
  await answer(`${a} + ${b}`, "Correct.");
  await cell.getByRole("button", { name: "New question" }).click();
  await cell.getByText("Correct.").waitFor({ state: "detached" });
  expect(await cell.getByLabel("Answer").inputValue()).toBe("");
  await leavePage(exercises);
});

test("the page got nothing to complain about", () => {
  expect(complaints.filter((said) => !said.includes("favicon"))).toEqual([]);
});
