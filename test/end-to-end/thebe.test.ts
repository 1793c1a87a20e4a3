/** thebe in a page of another host, in Chromium, with kernels of the real system; next: two-gateways.test.ts. */
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, normalize } from "node:path";
import { jest } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { openPage, startChromium } from "#test/browser/chromium.ts";
import { type LiveSystem, startLiveSystem } from "#test/end-to-end/live-system.ts";
import { npmFiles } from "#test/npm-client.ts";

jest.setTimeout(90_000);

const widgets =
  "import ipywidgets as w\nn, said = w.IntSlider(value=2, max=9, description='n'), w.Label('still')\n" +
  "n.observe(lambda change: setattr(said, 'value', str(factor(change['new'] + 90))), 'value')\nw.VBox([n, said])";
let system: LiveSystem;
let browser: Browser;
let host: Server;
let page: Page;
beforeAll(async () => {
  const [thebe, requirejs] = [await npmFiles("thebe", "0.9.3"), await npmFiles("requirejs", "2.3.7")];
  [browser, system] = await Promise.all([startChromium(), startLiveSystem({ kernels: 1, kernelsMax: 2 })]);
  host = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://page").pathname);
    if (path === "/") return void response.writeHead(200, { "content-type": "text/html" }).end(textOf(system.url));
    const file = join(thebe, "lib", path);
    if (!existsSync(file)) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": "text/javascript" }).end(readFileSync(file));
  });
  await new Promise<void>((resolve) => host.listen(0, "127.0.0.1", resolve));
  ({ page } = await openPage(browser, "about:blank"));
  page.setDefaultTimeout(45_000);
  // thebe fetches require.js and MathJax from a host that no test may need.
  await page.context().route(/^https:/, (route) => {
    if (!route.request().url().endsWith("/require.min.js")) return route.abort();
    return route.fulfill({ contentType: "text/javascript", body: readFileSync(join(requirejs, "require.js"), "utf8") });
  });
  await page.goto(`http://127.0.0.1:${(host.address() as AddressInfo).port}/`);
});
afterAll(async () => {
  await browser?.close();
  host?.close();
  expect(await system?.end()).toEqual([]);
});

/** As docs/jupyter.md shows it. */
const textOf = (url: string) => {
  const serverSettings = { baseUrl: url, wsUrl: url.replace(/^http/, "ws"), token: "a word" };
  const kernelOptions = { kernelName: "sagemath" };
  const config = { bootstrap: true, useBinder: false, requestKernel: true, serverSettings, kernelOptions };
  const cells = ["factor(2^101 - 1)", "plot(sin)", widgets].map((code) => `<pre data-executable="true">${code}</pre>`);
  return `<!doctype html><title>x</title><script type="text/x-thebe-config">${JSON.stringify(config)}</script><script src="/index.js"></script>${cells.join("")}`;
};
const run = (at: number) => page.locator(".thebe-run-button").nth(at).click();

test("runs a cell, and shows a formula and a picture", async () => {
  await page.waitForFunction(() => (window as { thebe?: { session?: object } }).thebe?.session !== undefined);
  await run(0);
  await page.getByText("7432339208719").first().waitFor();
  await run(1);
  const picture = page.locator("img[src^='data:image/png']");
  await picture.waitFor();
  expect(await picture.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth > 100))).toBe(true);
});

test("moves a slider, whose callback runs in the kernel", async () => {
  await run(2);
  await page.locator(".widget-slider .noUi-handle").press("ArrowRight");
  await page.getByText("3 * 31").waitFor();
});
