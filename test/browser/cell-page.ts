/** What the tests of the cell stand on: one Chromium for a file, and for each test a scripted server and a page; next: scripted-server.ts. */
import { jest } from "@jest/globals";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { openPage, startChromium } from "./chromium.ts";
import { type Scripted, startScripted } from "./scripted-server.ts";

export let browser: Browser;
/** Those of the test that runs now. */
export let server: Scripted;
export let page: Page;
/** Of the page's console; after each test there must be none but those that `allow` names, unless the file says `complaints: "any"`. */
export let complaints: string[];
let allowed: string[];

/** Once per file. `opens`: the start page before each test. */
export function inChromium({ opens = true, complaints: which = "none" as "none" | "any" } = {}): void {
  jest.setTimeout(60_000);
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    [allowed, complaints] = [[], []];
    server = await startScripted();
    if (opens) await visit(server.url);
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    await server.stop();
    if (which === "none") expect(complaints.filter((one) => !allowed.some((words) => one.includes(words)))).toEqual([]);
  });
}

/** What the browser itself may say of something that a test does on purpose. */
export function allow(words: string): void {
  allowed.push(words);
}

export async function visit(url: string, options: BrowserContextOptions = {}): Promise<void> {
  ({ page, complaints } = await openPage(browser, url, options));
}

/** A page of this body, with cell.js in its head. */
export function pageOf(body: string, attributes = 'lang="en"'): string {
  return (
    `<!doctype html><html ${attributes}><meta charset="utf-8"><link rel="icon" href="data:,"><title>x</title>` +
    `<script type="module" src="${server.url}/cell.js"></script>${body}`
  );
}

export async function show(body: string, attributes?: string): Promise<void> {
  server.files.set("/try.html", pageOf(body, attributes));
  await visit(`${server.url}/try.html`);
}
