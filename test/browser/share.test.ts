/** Passing a cell on: nothing is stored but by who asks for a short link; next: readers.test.ts. */
import { createHash } from "node:crypto";
import { allow, browser, inChromium, page, server, visit } from "./cell-page.ts";
import { openPage, runCode } from "./chromium.ts";

inChromium();

const cell = () => page.locator("sage-cell");
const field = () => cell().locator("#share-link");
const panel = (words: string) => cell().locator(".panel", { hasText: words }).waitFor();
const codeThere = (code: string) => cell().locator(".cm-content", { hasText: code }).waitFor();
async function share(): Promise<void> {
  await runCode(page, "factor(12)");
  await page.getByRole("button", { name: "Share" }).click();
  await panel("nothing is stored");
}

describe("a short link", () => {
  it("is made at a press only, says before and after that the server stores the code, and brings it back without running it", async () => {
    await share();
    expect(server.links).toEqual([]);
    await page.getByRole("button", { name: "127.0.0.1:" }).click();
    await panel("stores the code, until nobody has opened the link for 30 days");
    expect(await field().inputValue()).toBe(`${server.url}/#link=link1`);
    expect(server.links).toEqual([{ code: "factor(12)" }]);
    const before = server.submitted.length;
    await visit(`${server.url}/#link=link1`);
    await codeThere("factor(12)");
    expect(server.submitted.length).toBe(before);
  });

  it("keeps the language, as the long one does", async () => {
    await cell().evaluate((element) => element.setAttribute("language", "python"));
    await share();
    expect(await field().inputValue()).toContain("&language=python");
    await page.getByRole("button", { name: "127.0.0.1:" }).click();
    await panel("until nobody has opened");
    await visit(await field().inputValue());
    await codeThere("factor(12)");
    expect(await cell().getAttribute("language")).toBe("python");
  });

  it("is all there is for code that is too long for a link", async () => {
    const lines = Array.from({ length: 1000 }, (_, n) => `"${createHash("sha256").update(String(n)).digest("base64")}"`);
    await runCode(page, lines.join("\n"));
    await page.getByRole("button", { name: "Share" }).click();
    await panel("too long for a link");
    await page.getByRole("button", { name: "127.0.0.1:" }).click();
    await panel("until nobody has opened");
    expect(await field().inputValue()).toContain("#link=");
  });

  it("says what the server says when it keeps no more", async () => {
    await share();
    allow("status of 429");
    server.refusals.push({
      path: /POST \/v1\/links/,
      status: 429,
      body: { status: 429, detail: "At most 60 links in 60 seconds." },
    });
    await page.getByRole("button", { name: "127.0.0.1:" }).click();
    await panel("At most 60 links");
    expect(await field().inputValue()).toContain("#code=");
  });

  it("is not offered by a server that makes none", async () => {
    await page.route("**/v1/settings", (route) => route.fulfill({ json: { version: "0" } }));
    await page.reload();
    await share();
    expect(await page.getByRole("button", { name: "127.0.0.1:" }).isVisible()).toBe(false);
  });

  it("that is kept no more is told of in its place", async () => {
    const { page: other } = await openPage(browser, `${server.url}/#link=link9`);
    await other.locator("sage-cell .cm-content", { hasText: "keeps no link of this name" }).waitFor();
  });
});
