/** The status page as people have it: light and dark, kept up to date, with no complaint of its policy; next: embedding.test.ts. */
import { jest } from "@jest/globals";
import type { Browser } from "playwright-core";
import { examples } from "../../gateway/http/examples.ts";
import { type AppServer, startApp } from "../app-server.ts";
import { axeFinds } from "./axe.ts";
import { openPage, startChromium } from "./chromium.ts";

jest.setTimeout(60_000);
let browser: Browser;
let app: AppServer;
let idle = 3;
const minuteMs = 60_000;
const minutes = Array.from({ length: 60 }, (_, i) => ({
  at: new Date(Date.parse("2026-11-25T09:00:00Z") + i * 60_000).toISOString(),
  ...(i < 20
    ? { idle: null, busy: null, waiting: null, finished: 0, refused: 0, halfWithinMs: null, mostWithinMs: null }
    : {
        idle: (i * 7) % 5,
        busy: i % 4,
        waiting: i % 9,
        finished: i * 3,
        refused: i % 2,
        halfWithinMs: 20 + i,
        mostWithinMs: 90 * i,
      }),
}));

beforeAll(async () => {
  browser = await startChromium();
  app = await startApp({ status: () => ({ ...examples.status, minutes, now: { ...examples.status.now, idle } }) });
});
afterAll(async () => {
  await browser?.close();
  await app?.stop();
});

it.each(["light", "dark"] as const)("axe finds nothing, %s, with the figures open", async (colorScheme) => {
  const { page, complaints } = await openPage(browser, `${app.url}/status`, { colorScheme });
  await page.locator("summary").click();
  expect(await axeFinds(page, colorScheme)).toEqual([]);
  const shots = process.env["SANDCELL_SCREENSHOTS"];
  if (shots) await page.screenshot({ path: `${shots}/status-${colorScheme}.png`, fullPage: true });
  expect(complaints).toEqual([]);
  await page.context().close();
});
it("keeps itself up to date until it is told not to, and leaves open what was opened", async () => {
  const { page, complaints } = await openPage(browser, "about:blank");
  await page.clock.install();
  await page.goto(`${app.url}/status`);
  await page.locator("summary").click();
  idle = 17;
  await page.clock.runFor(minuteMs);
  await page.locator("figure", { hasText: "Idle kernels" }).locator("strong", { hasText: "17" }).waitFor();
  expect(await page.locator("details").getAttribute("open")).not.toBeNull();
  await page.getByLabel("keep this page up to date").uncheck();
  let asked = false;
  page.on("request", () => {
    asked = true;
  });
  await page.clock.runFor(minuteMs);
  expect(asked).toBe(false);
  expect(complaints).toEqual([]);
  await page.context().close();
});
it("shows all of it without scripts", async () => {
  const { page } = await openPage(browser, `${app.url}/status`, { javaScriptEnabled: false });
  expect(await page.locator("svg").count()).toBe(6);
  expect(await page.getByLabel("keep this page up to date").isVisible()).toBe(false);
  await page.context().close();
});
it("fits a phone", async () => {
  const { page } = await openPage(browser, `${app.url}/status`, { viewport: { width: 360, height: 700 } });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await page.context().close();
});
