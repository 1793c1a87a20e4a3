/** Takes the pictures of docs/cell/ from a running server: node test/screenshots.ts http://127.0.0.1:8080 */
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { BrowserContextOptions } from "playwright-core";
import { leavePage, startChromium } from "./browser/chromium.ts";

const [url] = process.argv.slice(2);
if (!url) throw new Error("say which server: node test/screenshots.ts http://127.0.0.1:8080");
const folder = fileURLToPath(new URL("../docs/cell/", import.meta.url));
const patienceMs = 60_000;

const interact =
  "@interact\ndef wave(n=slider(1, 10, 1, 3), between=range_slider(0, 6, 0.5, (1, 3)), colour=['teal', 'orange']):\n" +
  "    a, b = between\n    show(plot(sin(n*x), (x, 0, 6)) + plot(sin(n*x), (x, a, b), fill=True, color=colour), figsize=(6, 3))";
/** Each once in every look: what it is of, its code, what must be seen. */
const subjects: readonly (readonly [string, string, string])[] = [
  ["plot", "plot(sin(x) * exp(-x/5), (x, 0, 20), fill=True)", ".picture img"],
  ["formula", "integrate(x^2 * cos(x), x)", "mjx-container svg"],
  ["interact", interact, ".widget-output img"],
  ["scene", "var('y')\nplot3d(sin(x*y), (x, -2, 2), (y, -2, 2), color='teal')", "iframe"],
  ["error", "def half(n):\n    return 1/n\nhalf(0)", ".error-title"],
  ["running", "from time import sleep\nfor k in [1..9]:\n    print(k, k^k)\n    sleep(1)", ".run.stop"],
];
const looks: Readonly<Record<string, BrowserContextOptions>> = {
  light: {},
  dark: { colorScheme: "dark" },
  phone: { viewport: { width: 360, height: 760 }, hasTouch: true },
};
const pictures = subjects.flatMap(([subject, code, seen]) =>
  Object.entries(looks).map(([look, options]) => ({ name: `${subject}-${look}`, subject, code, seen, options })),
);

await mkdir(folder, { recursive: true });
const browser = await startChromium();
for (const { name, subject, code, seen, options } of pictures) {
  const context = await browser.newContext({ viewport: { width: 760, height: 700 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  await page.goto(url);
  const cell = page.locator("sage-cell");
  await cell.locator(".cm-content").waitFor();
  await cell.evaluate((element, text) => {
    const typed = element as HTMLElement & { value: string; run(): Promise<unknown> };
    typed.value = text;
    void typed.run();
  }, code);
  await cell.locator(seen).first().waitFor();
  if (subject === "scene") await cell.frameLocator("iframe").locator("canvas").first().waitFor();
  if (subject !== "running") await cell.locator(".status", { hasText: /Finished|after/ }).waitFor();
  // Two frames: what has arrived is drawn.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await cell.screenshot({ path: `${folder}${name}.png` });
  console.log(name);
  await leavePage(page);
}
await browser.close();
