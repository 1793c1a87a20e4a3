/** Debian's Chromium for the tests of the page; next: cell-page.ts. */
import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { ensureCell } from "../../cell/build.mjs";

const executablePath = "/usr/bin/chromium-headless-shell";

export async function startChromium(): Promise<Browser> {
  if (!existsSync(executablePath)) throw new Error("Chromium is missing: apt-get install chromium-headless-shell");
  await ensureCell();
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--enable-unsafe-swiftshader",
    ],
  });
}

export interface Watched {
  readonly page: Page;
  /** What the host page's own console complained about: violations of its policy, errors, failed loads. */
  readonly complaints: string[];
}

export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1000, height: 800 }, ...options });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]).catch(() => {});
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.setDefaultTimeout(30_000);
  await page.goto(url);
  return { page, complaints };
}

/** As a reader leaves: a page hears of it, and gives its kernel back. One whose context is only closed may not. */
export async function leavePage(page: Page): Promise<void> {
  await page.goto("about:blank");
  await page.context().close();
}

/** Puts code into the first cell, as typing it would, and presses Shift-Enter. */
export async function runCode(page: Page, code: string): Promise<void> {
  await page.evaluate((text) => {
    (document.querySelector("sage-cell") as HTMLElement & { value: string }).value = text;
  }, code);
  await page.locator("sage-cell [aria-label^='Code of']").first().press("Shift+Enter");
}

/** What a reader sees: hidden elements and styles count, which is the point here. */
export function shownText(locator: Locator): Promise<string> {
  // biome-ignore lint/performance/useDomNodeTextContent: as said
  return locator.innerText();
}
