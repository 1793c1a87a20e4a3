/** The example pages as a reader opens them: each cell comes alive, nothing complains, axe finds nothing; next: embedding.test.ts. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import { jest } from "@jest/globals";
import type { Browser } from "playwright-core";
import { openPage, startChromium } from "./chromium.ts";
import { type Scripted, startScripted } from "./scripted-server.ts";

jest.setTimeout(60_000);
let browser: Browser;
let server: Scripted;
/** The page of SageMathCell's needs a whole system: sagecell.test.ts. */
const pages = readdirSync(fileURLToPath(new URL("../../examples", import.meta.url))).filter(
  (name) => name.endsWith(".html") && name !== "sagecell.html",
);

beforeAll(async () => {
  browser = await startChromium();
  server = await startScripted();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

describe("the example pages", () => {
  it.each(pages)("%s", async (name) => {
    const { page, complaints } = await openPage(browser, `${server.url}/examples/${name}`);
    const cells = page.locator("sage-cell:visible");
    for (let at = 0; at < (await cells.count()); at++) await cells.nth(at).locator("[part=cell]").waitFor();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
