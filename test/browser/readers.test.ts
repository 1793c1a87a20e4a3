/** The editor, and what every reader needs: keyboard, screen reader, small and dark screens; next: hostile-output.test.ts. */
import type { Page } from "playwright-core";
import { axeFinds } from "./axe.ts";
import { browser, inChromium, page, server } from "./cell-page.ts";
import { openPage, runCode, shownText } from "./chromium.ts";
import { ask, display, end, integral, print, result, svg, zeroDivision } from "./transcripts.ts";

inChromium();

const status = () => page.locator("sage-cell .status");
const until = async (locator: ReturnType<Page["locator"]>, text: string | RegExp) =>
  locator.filter({ hasText: text }).first().waitFor();

describe("the editor", () => {
  it("works before its chunk is there, and keeps what was typed, the caret and the focus when it comes", async () => {
    let letThrough = () => {};
    const held = new Promise<void>((go) => {
      letThrough = go;
    });
    await page.route(/code-editor/, async (route) => {
      await held;
      await route.continue();
    });
    await page.reload();
    const plain = page.locator("sage-cell textarea");
    await plain.fill("first");
    await plain.press("Shift+Enter");
    await until(status(), "Finished");
    expect(server.submitted.at(-1)?.code).toBe("first");
    await plain.press("Home");
    letThrough();
    await page.locator("sage-cell .cm-content").waitFor();
    await page.keyboard.type("my ");
    expect(await page.evaluate(() => (document.querySelector("sage-cell") as HTMLElement & { value: string }).value)).toBe(
      "my first",
    );
  });

  it("runs at Ctrl-Enter, indents at Tab, and is left by Escape and Tab", async () => {
    const code = page.locator("sage-cell .cm-content");
    await code.click();
    await page.keyboard.press("Control+a");
    await page.keyboard.type("x");
    await page.keyboard.press("Home");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Control+Enter");
    await until(status(), "Finished");
    expect(server.submitted.at(-1)?.code).toBe("    x");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.querySelector("sage-cell")?.shadowRoot?.activeElement?.className)).toBe("run");
    expect(
      await page.evaluate(() => document.querySelector("sage-cell")?.shadowRoot?.getElementById("hint")?.textContent),
    ).toContain("Escape");
  });

  it("moves nothing on the page when the code becomes a cell", async () => {
    await page.addInitScript(() => {
      (window as unknown as { shift: number }).shift = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries())
          (window as unknown as { shift: number }).shift += (entry as unknown as { value: number }).value;
      }).observe({ type: "layout-shift", buffered: true });
    });
    let letThrough = () => {};
    const held = new Promise<void>((go) => {
      letThrough = go;
    });
    await page.route(/cell\.js/, async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(server.url, { waitUntil: "commit" });
    await page.locator("sage-cell pre").waitFor();
    const before = await page.locator("sage-cell").boundingBox();
    expect(await shownText(page.locator("sage-cell pre"))).toBe("factor(2^64 - 1)");
    letThrough();
    await page.locator("sage-cell .cm-content").waitFor();
    expect(await page.locator("sage-cell").boundingBox()).toEqual(before);
    expect(await page.evaluate(() => (window as unknown as { shift: number }).shift)).toBeLessThan(0.001);
  });
});

describe("everybody", () => {
  const everything = () =>
    server.scripts.set("all", [
      print("out \x1b[33mcolours\x1b[0m\n"),
      print("err\n", "stderr"),
      result(integral),
      display({ "text/plain": "Graphics object", "image/svg+xml": svg }),
      display({ "text/html": "<p>hello</p>" }),
      zeroDivision,
      ...ask("n? "),
      end("error", "", [{ path: "a.csv", size: 3 }]),
    ]);

  it.each(["light", "dark"] as const)("finds nothing to complain about with axe, %s", async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    everything();
    await runCode(page, "all");
    await page.locator("sage-cell mjx-container svg").waitFor();
    await page.locator("sage-cell form").waitFor();
    expect(await axeFinds(page, colorScheme)).toEqual([]);
  });

  it("needs no sideways scrolling at 320 pixels, and no control is smaller than 24", async () => {
    await page.setViewportSize({ width: 320, height: 700 });
    everything();
    await runCode(page, "all");
    await page.locator("sage-cell form").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    const small = await page.evaluate(() =>
      [...(document.querySelector("sage-cell")?.shadowRoot?.querySelectorAll("button, select, input, summary") ?? [])]
        .filter((control) => (control as HTMLElement).offsetParent !== null)
        .map((control) => [control.className, control.getBoundingClientRect().height] as const)
        .filter(([, height]) => height < 24),
    );
    expect(small).toEqual([]);
  });

  it("may share a link that holds the code and runs nothing by itself", async () => {
    await runCode(page, "factor(12)");
    await until(status(), "Finished");
    await page.getByRole("button", { name: "Share" }).click();
    await until(page.locator("sage-cell .panel"), "nothing is stored");
    await page.getByRole("button", { name: "Show QR code" }).click();
    await page.getByRole("img", { name: "QR code of the link" }).waitFor();
    await page.getByRole("button", { name: "Copy link" }).click();
    await until(page.locator("sage-cell .panel"), "Copied");
    const link = await page.evaluate(() => navigator.clipboard.readText());
    expect(link).toContain("#code=factor%2812%29");
    const before = server.submitted.length;
    const other = await openPage(browser, link);
    await other.page.locator("sage-cell .cm-content", { hasText: "factor(12)" }).waitFor();
    expect(server.submitted.length).toBe(before);
    await other.page.context().close();
  });

  it("runs an example at a click", async () => {
    await page.getByRole("button", { name: "Integrate" }).click();
    await until(status(), "Finished");
    expect(server.submitted.at(-1)?.code).toContain("integrate(");
  });
});

describe("the start page", () => {
  it("says that code runs in a sandbox, and warns instead when the server has none", async () => {
    expect(await page.locator("#walls").textContent()).toContain("in a sandbox");
    expect(await page.locator(".unsafe").count()).toBe(0);
    await page.route("**/v1/settings", (route) => route.fulfill({ json: { version: "0", gvisor: false } }));
    await page.reload();
    await until(page.getByRole("alert"), "UNSAFE: this server runs code without a sandbox.");
    expect(await page.locator("#walls").textContent()).toBe("");
  });
});
