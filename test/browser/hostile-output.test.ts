/** What hostile code may send: nothing of it ever lives in the host page; next: connection.test.ts. */
import { complaints, inChromium, page, server } from "./cell-page.ts";
import { runCode, shownText } from "./chromium.ts";
import { ok, type Step } from "./scripted-server.ts";
import { ask, display, end, message, print, result } from "./transcripts.ts";

inChromium({ complaints: "any" });

const bad = '<img src=x onerror="window.top.pwned=1"><script>window.top.pwned=1</script><a href="javascript:pwned=1">x</a>';
const pwned = () => page.evaluate(() => "pwned" in window);

async function play(...steps: Step[]): Promise<void> {
  server.scripts.set("hostile", steps.some((step) => "end" in step) ? steps : [...steps, ok]);
  await runCode(page, "hostile");
  await page.locator("sage-cell .status", { hasText: /Finished|after/ }).waitFor();
}

/** Elements that only output could have made: markup that was parsed instead of shown. */
const parsed = () =>
  page.evaluate(() => {
    const root = document.querySelector("sage-cell")?.shadowRoot;
    const live = [
      ...(root?.querySelectorAll(
        "script, object, embed, link, style, base, meta, a[href^='javascript:' i], .output svg:not(mjx-container svg)",
      ) ?? []),
    ];
    const events = [...(root?.querySelectorAll("*") ?? [])].filter((element) =>
      element.getAttributeNames().some((name) => name.startsWith("on")),
    );
    return [...live, ...events].map((element) => element.outerHTML.slice(0, 200));
  });

describe("hostile output", () => {
  it("stays text in every field that is text", async () => {
    await play(
      print(bad),
      print(bad, "stderr"),
      result({ "text/plain": bad }),
      display({ "text/markdown": bad }),
      display({ "text/latex": "", "application/json": { bad } }),
      display({ "application/javascript": "window.pwned=1" }),
      display({ [bad]: "x" }),
      {
        say: message("error", {
          ename: bad,
          evalue: bad,
          traceback: [bad, `Cell In[1], line 1, in ${bad}\n${bad}`, `File ${bad}:3, in x`],
        }),
      },
      { say: message("extension", { formatting: { action: "open", block: bad, kind: bad, title: bad } }) },
      { say: message("extension", { formatting: { action: "append", block: bad, text: bad } }) },
      { say: message("input_request", { prompt: bad, password: false }) },
      end("error", bad, [{ path: `../${bad}`, size: 3 }]),
    );
    expect(await shownText(page.locator("sage-cell .output"))).toContain(bad);
    expect(await parsed()).toEqual([]);
    expect(await pwned()).toBe(false);
    expect(complaints).toEqual([]);
  });

  it("runs no script of a picture", async () => {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="window.top.pwned=1"><script>window.top.pwned=1</script><foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><iframe src="javascript:window.top.pwned=1"/></body></foreignObject></svg>`;
    await play(
      display({ "image/svg+xml": svg, "text/plain": "p" }),
      display({ "image/png": "not base64 !!", "text/plain": "q" }),
    );
    await page.locator("sage-cell img[alt=p]").waitFor();
    await page.getByText("could not be").waitFor();
    expect(await parsed()).toEqual([]);
    expect(await pwned()).toBe(false);
  });

  it("makes no links, classes, styles or scripts of LaTeX", async () => {
    const tricks = [
      "\\href{javascript:window.pwned=1}{x}",
      "\\style{position:fixed;inset:0}{x}",
      "\\class{run}{x}",
      "\\cssId{hint}{x}",
      "\\require{html}\\href{javascript:window.pwned=1}{y}",
      "\\text{<img src=x onerror='window.pwned=1'>}",
      "\\mathtip{x}{y}\\data{onclick=1}{z}",
      "\\def\\x{\\x\\x}\\x",
    ];
    await play(...tricks.map((source) => display({ "text/latex": `$${source}$`, "text/plain": "plain" })));
    await page.locator("sage-cell mjx-container").first().waitFor();
    await page.waitForFunction(
      (count) =>
        [...(document.querySelector("sage-cell")?.shadowRoot?.querySelectorAll(".latex-body") ?? [])].filter(
          (body) => body.querySelector("mjx-container, .source") !== null,
        ).length === count,
      tricks.length,
    );
    expect(await parsed()).toEqual([]);
    expect(await page.locator("sage-cell .latex-body a, sage-cell .latex-body .run, sage-cell .latex-body #hint").count()).toBe(
      0,
    );
    expect(await pwned()).toBe(false);
  });

  it("is locked into a frame without origin when it is HTML", async () => {
    const html = `<p id="said">waiting</p><script>
      const tries = [];
      const attempt = (name, act) => { try { act(); tries.push(name + ": done"); } catch (error) { tries.push(name + ": " + error.name); } };
      attempt("parent", () => { window.parent.document.title; });
      attempt("navigate", () => { window.top.location.href = "about:blank#pwned"; });
      attempt("cookie", () => { document.cookie; });
      attempt("storage", () => { localStorage.length; });
      attempt("frame", () => { window.frameElement.remove(); });
      parent.postMessage({ sandcell: "height", height: 1e9 }, "*");
      parent.postMessage({ sandcell: "height", height: "9; x" }, "*");
      parent.postMessage({ sandcell: "show", html: "<script>pwned=1<\\/script>" }, "*");
      const dialog = alert("hello");
      document.getElementById("said").textContent = origin + " " + tries.join(", ");
    </script>`;
    await play(display({ "text/html": html, "text/plain": "h" }));
    const said = page.frameLocator("sage-cell iframe").locator("#said", { hasText: "parent" });
    await said.waitFor();
    expect(await shownText(said)).toBe(
      "null parent: SecurityError, navigate: SecurityError, cookie: SecurityError, storage: SecurityError, frame: TypeError",
    );
    const sandbox = await page.locator("sage-cell iframe").getAttribute("sandbox");
    expect(sandbox).toBe("allow-scripts allow-downloads allow-popups");
    expect(Number(await page.locator("sage-cell iframe").getAttribute("height"))).toBeLessThanOrEqual(4000);
    expect(page.url()).toBe(`${server.url}/`);
    expect(await pwned()).toBe(false);
  });

  it("gets no frame at all where the frame would have the page's own origin", async () => {
    await page.evaluate(() => document.querySelector("sage-cell")?.setAttribute("frame", location.origin));
    await play(display({ "text/html": "<b>x</b>", "text/plain": "the text instead" }));
    await page.locator("sage-cell .output", { hasText: "the text instead" }).waitFor();
    expect(await page.locator("sage-cell iframe").count()).toBe(0);
  });

  it("does not break the page by size, depth, or broken characters", async () => {
    const steps: Step[] = [
      print(`\ud800 lone, \0 null, \ufffd, \u202e right to left\n`),
      print("\x1b[".repeat(5000)),
      print("x".repeat(3_000_000)),
    ];
    for (let n = 0; n < 1500; n++) steps.push(display({ "text/plain": `output ${n}` }));
    for (let n = 0; n < 50; n++) {
      steps.push({
        say: message("extension", {
          formatting: { action: "open", block: `b${n}`, parent: n === 0 ? "" : `b${n - 1}`, kind: "table" },
        }),
      });
    }
    steps.push(display({ "text/latex": "x+".repeat(200_000), "text/plain": "long" }), ...ask("?"));
    server.scripts.set("hostile", steps);
    await runCode(page, "hostile");
    await page.getByText("1,1", { exact: false }).first().waitFor();
    const elements = await page.evaluate(
      () => document.querySelector("sage-cell")?.shadowRoot?.querySelectorAll("*").length ?? 0,
    );
    expect(elements).toBeLessThan(5000);
    await page.getByLabel("?", { exact: true }).fill("still usable");
    expect(complaints).toEqual([]);
  });
});
