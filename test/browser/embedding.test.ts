/** Cells wherever authors put them: files, shadow roots, pages that change, other languages and scripts; next: hostile-output.test.ts. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { complaints, inChromium, page, pageOf, server, show, visit } from "./cell-page.ts";
import { shownText } from "./chromium.ts";
import { ok } from "./scripted-server.ts";
import { display, end, print } from "./transcripts.ts";

inChromium({ opens: false });

const cell = () => page.locator("sage-cell");
const run = () => cell().locator(".run").click();

describe("a cell", () => {
  it("works in a page that is a file, HTML output too", async () => {
    server.scripts.set("code", [print("printed"), display({ "text/html": "<b>bold</b>", "text/plain": "bold" }), ok]);
    const folder = await mkdtemp(join(tmpdir(), "sandcell-file-"));
    await writeFile(join(folder, "page.html"), pageOf("<sage-cell><pre>code</pre></sage-cell>"));
    await visit(pathToFileURL(join(folder, "page.html")).href);
    await run();
    await cell().locator(".stdout", { hasText: "printed" }).waitFor();
    await cell().frameLocator("iframe").locator("b").waitFor();
    await rm(folder, { recursive: true });
  });

  it("works inside a shadow root, and when the script is there twice", async () => {
    await show(
      `<div id="host"><template shadowrootmode="open"><sage-cell><pre>inside</pre></sage-cell></template></div>` +
        `<script type="module" src="${server.url.replace("127.0.0.1", "localhost")}/cell.js"></script>`,
    );
    await run();
    await cell().locator(".status", { hasText: "Finished" }).waitFor();
    expect(server.submitted.at(-1)?.code).toBe("inside");
  });

  it("is a part of the page's trace, as the page has it when Run is pressed", async () => {
    const trace = (last: string) => `00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333${last}-01`;
    await show(`<meta name="traceparent" content="${trace("1")}"><sage-cell><pre>code</pre></sage-cell>`);
    const pressed = async (content: string) => {
      await page.evaluate((said) => document.querySelector("meta[name=traceparent]")?.setAttribute("content", said), content);
      const before = server.submitted.length;
      await run();
      await cell().locator(".status", { hasText: "Finished" }).waitFor();
      expect(server.submitted).toHaveLength(before + 1);
      return server.submitted.at(-1)?.traceparent;
    };
    expect(await pressed(trace("1"))).toBe(trace("1"));
    expect(await pressed(trace("2"))).toBe(trace("2"));
    for (const none of ["", "of no\nform"]) expect(await pressed(none)).toBeUndefined();
  });

  it("is loaded under its version, with its digest, and not with another digest", async () => {
    const pinned = (await (await fetch(`${server.url}/version.json`)).json()) as { cell: string; integrity: string };
    const host = server.url.replace("127.0.0.1", "localhost");
    const withDigest = (integrity: string) =>
      `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>x</title><sage-cell><pre>code</pre></sage-cell>` +
      `<script type="module" src="${server.url}${pinned.cell}" integrity="${integrity}" crossorigin="anonymous"></script>`;
    server.files.set("/right.html", withDigest(pinned.integrity));
    server.files.set("/wrong.html", withDigest(`sha384-${"A".repeat(64)}`));
    server.scripts.set("code", [print("printed"), ok]);
    await visit(`${host}/right.html`);
    await run();
    await cell().locator(".stdout", { hasText: "printed" }).waitFor();
    await visit(`${host}/wrong.html`);
    await page.locator("sage-cell:not(:defined)").waitFor();
    expect(complaints.splice(0)).toEqual([expect.stringContaining("integrity")]);
  });

  it("leaves with what a page throws away: its computation is cancelled, and a new one starts anew", async () => {
    server.scripts.set("long", [print("on"), { until: "never" }, ok]);
    await show("<sage-cell><pre>long</pre></sage-cell>");
    const cancelled = page.waitForRequest((request) => request.method() === "DELETE");
    await run();
    await cell().locator(".stdout").waitFor();
    await page.evaluate(() => document.querySelector("sage-cell")?.remove());
    await cancelled;
    await page.evaluate(() => {
      const fresh = document.createElement("sage-cell");
      fresh.append("second");
      document.body.append(fresh);
    });
    await run();
    await cell().locator(".status", { hasText: "Finished" }).waitFor();
  });

  it.each([
    ["de", "Ausführen", "Fertig nach"],
    ["fr", "Exécuter", "Terminé en"],
    ["es-MX", "Ejecutar", "Terminado en"],
    ["pl", "Run", "Finished in"],
  ])("speaks the page's language: %s", async (lang, button, finished) => {
    await show("<sage-cell><pre>x</pre></sage-cell>", `lang="${lang}"`);
    await page.getByRole("button", { name: button, exact: true }).click();
    await cell().locator(".status", { hasText: finished }).waitFor();
  });

  it("keeps code from left to right in a page that runs from right to left", async () => {
    await show("<sage-cell><pre>x = 1</pre></sage-cell>", 'lang="he" dir="rtl"');
    await cell().locator(".cm-content").waitFor();
    const [bar, code] = [
      await cell().locator(".run").boundingBox(),
      await cell()
        .locator(".cm-content")
        .evaluate((at) => getComputedStyle(at).direction),
    ];
    expect(code).toBe("ltr");
    expect(bar?.x).toBeGreaterThan(500);
  });

  it("shows the author's fallback when the server is away", async () => {
    await show('<sage-cell><pre>x</pre><p slot="fallback">It would be 12.</p></sage-cell>');
    expect(await page.getByText("It would be 12.").isVisible()).toBe(false);
    await page.route("**/v1/**", (route) => route.abort());
    await run();
    await cell().locator(".status", { hasText: "not reachable" }).waitFor();
    await page.getByText("It would be 12.").waitFor();
    complaints.splice(0);
  });

  it("hides what its author hides, and calls its button as told", async () => {
    await show('<sage-cell hide="editor share" run-label="Draw"><pre>x</pre></sage-cell>');
    await page.getByRole("button", { name: "Draw" }).click();
    await cell().locator(".status", { hasText: "Finished" }).waitFor();
    expect(await cell().locator(".editor").isVisible()).toBe(false);
    expect(await cell().locator(".share").isVisible()).toBe(false);
  });

  it("prints without its buttons and with all of its output", async () => {
    server.scripts.set("x", [print("printed"), ok]);
    await show("<sage-cell><pre>x</pre></sage-cell>");
    await run();
    await cell().locator(".stdout").waitFor();
    await page.emulateMedia({ media: "print" });
    expect(await cell().locator(".bar").isVisible()).toBe(false);
    expect(await shownText(cell().locator(".output"))).toContain("printed");
  });

  it("runs beside seven others, though a browser has six connections to a server", async () => {
    const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
    for (const n of numbers) server.scripts.set(`x${n}`, [print("begun"), { until: `go ${n}` }, ok]);
    await show(numbers.map((n) => `<sage-cell><pre>x${n}</pre></sage-cell>`).join(""));
    for (const n of numbers)
      await cell()
        .nth(n - 1)
        .locator(".run")
        .click();
    for (const n of numbers)
      await cell()
        .nth(n - 1)
        .locator(".stdout", { hasText: "begun" })
        .waitFor();
    for (const n of numbers) server.release(`go ${n}`);
    for (const n of numbers)
      await cell()
        .nth(n - 1)
        .locator(".status", { hasText: "Finished" })
        .waitFor();
  });

  it("packs all files into one ZIP", async () => {
    server.files.set("a.txt", "one");
    server.files.set("data/b.txt", "two");
    server.scripts.set("x", [
      end("ok", "", [
        { path: "a.txt", size: 3 },
        { path: "data/b.txt", size: 3 },
      ]),
    ]);
    await show("<sage-cell><pre>x</pre></sage-cell>");
    await run();
    const coming = page.waitForEvent("download");
    await page.getByRole("button", { name: "All as ZIP" }).click();
    const path = await (await coming).path();
    const { execFileSync } = await import("node:child_process");
    const list = execFileSync("python3", ["-m", "zipfile", "-l", path], { encoding: "utf8" });
    expect(list).toMatch(/a\.txt[\s\S]*data\/b\.txt/);
  });
});
