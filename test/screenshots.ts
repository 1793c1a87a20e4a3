/** Takes the pictures of docs/cell/ from a running server: node test/screenshots.ts http://127.0.0.1:8080 */
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type BrowserContextOptions, chromium } from "playwright-core";

const [url] = process.argv.slice(2);
if (!url) throw new Error("say which server: node test/screenshots.ts http://127.0.0.1:8080");
const folder = fileURLToPath(new URL("../docs/cell/", import.meta.url));
const patienceMs = 60_000;

const codes = {
  plot: "plot(sin(x) * exp(-x/5), (x, 0, 20), fill=True)",
  formula: "integrate(x^2 * cos(x), x)",
  error: "def half(n):\n    return 1/n\nhalf(0)",
  scene: "var('y')\nplot3d(sin(x*y), (x, -2, 2), (y, -2, 2), color='teal')",
  interact:
    "@interact\ndef wave(n=slider(1, 10, 1, 3), between=range_slider(0, 6, 0.5, (1, 3)), colour=['teal', 'orange']):\n" +
    "    a, b = between\n    show(plot(sin(n*x), (x, 0, 6)) + plot(sin(n*x), (x, a, b), fill=True, color=colour), figsize=(6, 3))",
  running: "from time import sleep\nfor k in [1..9]:\n    print(k, k^k)\n    sleep(1)",
};
/** Name, code, what must be seen, and how the page is looked at. */
const pictures: readonly (readonly [string, string, string, BrowserContextOptions])[] = [
  ["plot-light", codes.plot, ".picture img", {}],
  ["formula-dark", codes.formula, "mjx-container svg", { colorScheme: "dark" }],
  ["error-light", codes.error, ".error-title", {}],
  ["scene-light", codes.scene, "iframe", {}],
  ["interact-light", codes.interact, ".widget-output img", {}],
  ["interact-dark", codes.interact, ".widget-output img", { colorScheme: "dark" }],
  ["interact-phone", codes.interact, ".widget-output img", { viewport: { width: 360, height: 760 } }],
  ["running-light", codes.running, ".run.stop", {}],
];

await mkdir(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader"],
});
for (const [name, code, seen, options] of pictures) {
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
  if (name === "scene-light") await cell.frameLocator("iframe").locator("canvas").first().waitFor();
  if (!name.startsWith("running")) await cell.locator(".status", { hasText: /Finished|after/ }).waitFor();
  // Two frames: what has arrived is drawn.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await cell.screenshot({ path: `${folder}${name}.png` });
  console.log(name);
  await context.close();
}
await browser.close();
