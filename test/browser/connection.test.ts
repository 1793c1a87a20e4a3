/** Honest states: busy, away, dropped, stopped, and cells in other people's pages; next: main-job.test.ts. */
import { browser, inChromium, page, server } from "./cell-page.ts";
import { openPage, runCode, shownText } from "./chromium.ts";
import { ok, startScripted } from "./scripted-server.ts";
import { end, print } from "./transcripts.ts";

inChromium({ complaints: "any" });

const until = async (selector: string, text: string | RegExp) =>
  page.locator(`sage-cell ${selector}`).filter({ hasText: text }).first().waitFor();
const output = () => shownText(page.locator("sage-cell .output"));

describe("what a reader is told", () => {
  it("is the place in line while the computation waits", async () => {
    server.scripts.set("wait", [{ place: 3 }, { until: "go" }, ok]);
    await runCode(page, "wait");
    await until(".status", "Waiting: 3rd in line");
    server.release("go");
    await until(".status", "Finished");
  });

  it("is that Stop stopped it", async () => {
    server.scripts.set("long", [print("begun\n"), { until: "never" }]);
    await runCode(page, "long");
    await until(".run", "Stop");
    await page.locator("sage-cell .run").click();
    await until(".status", "Stopped by you after");
    await until(".run", "Run");
    expect(await output()).toContain("begun");
  });

  it("is that Stop waits for code that catches its interrupt, and that another press does not; a double click is one press", async () => {
    server.quirks.stubborn = true;
    server.scripts.set("long", [print("begun\n"), { until: "never" }]);
    await runCode(page, "long");
    await until(".run", /^Stop$/);
    const heard = page.waitForResponse((response) => response.request().method() === "DELETE");
    await page.locator("sage-cell .run").dblclick();
    await until(".status", "Stopping…");
    await heard; // the page says so first
    expect(server.cancelled).toEqual(["long"]);
    await page.getByRole("button", { name: "Stop now" }).click();
    await until(".status", "Stopped by you after");
    expect(server.cancelled).toEqual(["long", "long"]);
    await until(".run", /^Run$/);
  });

  it("is which limit was reached", async () => {
    server.scripts.set("limit", [end("timeout", "it ran longer than 60 seconds")]);
    await runCode(page, "limit");
    await until(".status", "Time limit reached: it ran longer than 60 seconds.");
    await until("[role=status]", "Time limit reached");
  });

  it("is when to try again, if the server is busy, and running again then works", async () => {
    server.refusals.push({
      path: /POST \/v1\/computations/,
      status: 503,
      body: { title: "Busy", code: "overloaded", retryAfterSeconds: 2 },
    });
    await runCode(page, "1+1");
    await until(".status", /busy. Try again in [12] s/);
    await until(".status", "You can try again now");
    await page.locator("sage-cell .run").click();
    await until(".status", "Finished");
  });

  it("is the server's reason when it refuses the code", async () => {
    server.refusals.push({ path: /POST/, status: 413, body: { title: "Too large", detail: "code is longer than 256 KiB" } });
    await runCode(page, "1+1");
    await until(".status", "Code is longer than 256 KiB.");
  });

  it("is that the server is away, and the code stays", async () => {
    await page.locator("sage-cell .cm-content").waitFor();
    await server.away();
    await runCode(page, "precious");
    await until(".status", "The server is not reachable.");
    expect(await page.evaluate(() => (document.querySelector("sage-cell") as HTMLElement & { value: string }).value)).toBe(
      "precious",
    );
    await server.back();
  });
});

describe("a dropped connection", () => {
  it.each([false, true])(
    "is taken up again from the last message, without a gap and without a repeat (server repeats: %s)",
    async (repeats) => {
      server.quirks.repeats = repeats;
      server.scripts.set("drop", [print("1\n"), print("2\n"), { until: "more" }, print("3\n"), ok]);
      await runCode(page, "drop");
      await until(".output", "2");
      server.dropConnections();
      await until(".status", "Connection lost, trying again");
      server.release("more");
      await until(".status", "Finished");
      expect((await output()).match(/\d/g)).toEqual(["1", "2", "3"]);
      expect(server.resumedFrom).toContain("2");
    },
  );

  it("becomes a question to the reader after enough tries, and can be taken up still", async () => {
    server.scripts.set("gone", [print("1\n"), { until: "more" }, print("2\n"), ok]);
    await page.evaluate(() => {
      const real = window.setTimeout.bind(window);
      window.setTimeout = ((act: () => void, ms?: number) => real(act, (ms ?? 0) >= 500 ? 20 : ms)) as typeof window.setTimeout;
    });
    await runCode(page, "gone");
    await until(".output", "1");
    await server.away();
    await until(".status", "Disconnected. The computation may still be running.");
    await server.back();
    server.release("more");
    await page.locator("sage-cell .again", { hasText: "Reconnect" }).click();
    await until(".status", "Finished");
    await until(".output", "2"); // output is drawn at the next frame, the status at once
    expect((await output()).replace(/\s+/g, " ")).toContain("1 2");
  });

  it("before the answer to the submission does not run the code twice", async () => {
    let first = true;
    await page.route(/v1\/computations$/, async (route) => {
      if (!first || route.request().method() !== "POST") return route.continue();
      first = false;
      await route.fetch();
      await route.abort("connectionreset");
    });
    await runCode(page, "once");
    await until(".status", "Finished");
    expect(server.submitted.length).toBe(2);
    expect(server.submitted[0]?.key).toMatch(/^\d+-\d+-\d+-\d+$/);
    expect(server.submitted[1]?.key).toBe(server.submitted[0]?.key);
  });
});

describe("in another page", () => {
  const host = (body: string, policy: string) =>
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>book</title><meta http-equiv="Content-Security-Policy" content="${policy}"></head><body>${body}</body></html>`;

  it("cells work under a strict policy of the page, from another server, included twice", async () => {
    const book = await startScripted();
    const policy = `default-src 'none'; script-src ${server.url}; connect-src ${server.url}; frame-src ${server.frameUrl}; img-src blob:`;
    const script = `<script type="module" src="${server.url}/cell.js"></script>`;
    book.files.set(
      "/book.html",
      host(
        `${script}${script}<sage-cell><pre>one</pre></sage-cell><sage-cell><script type="text/x-sage">\n  two\n</script></sage-cell>`,
        policy,
      ),
    );
    const other = await openPage(browser, `${book.url}/book.html`);
    const cells = other.page.locator("sage-cell");
    await cells.nth(1).locator(".cm-content", { hasText: "two" }).waitFor();
    for (const at of [0, 1]) {
      await cells.nth(at).locator(".run").click();
      await cells.nth(at).locator(".status", { hasText: "Finished" }).waitFor();
    }
    expect(server.submitted.map(({ code }) => code)).toEqual(["one", "two"]);
    expect(
      await other.page.evaluate(() =>
        Object.keys(window).filter((name) => /sagecell|sage-cell|sandcell|mathjax|three/i.test(name)),
      ),
    ).toEqual([]);
    expect(other.complaints).toEqual([]);
    await other.page.context().close();
    await book.stop();
  });

  it("SingleCellBlock makes a cell of a textarea, which stays in its form", async () => {
    server.files.set("/form.html", host('<form><textarea name="code">\n  2+2\n</textarea></form>', "script-src 'self'"));
    await page.goto(`${server.url}/form.html`);
    await page.evaluate(async () => {
      const { SingleCellBlock } = await import(`${location.origin}/cell.js`);
      SingleCellBlock(document.querySelector("textarea"));
    });
    await page.locator("sage-cell .cm-content", { hasText: "2+2" }).click();
    await page.keyboard.press("End");
    await page.keyboard.type("+1");
    expect(await page.evaluate(() => new FormData(document.querySelector("form") as HTMLFormElement).get("code"))).toBe(
      "2+2+1",
    );
  });

  it("the loader weighs at most 15 KB, compressed", async () => {
    const sizes = (await (await fetch(`${server.url}/sizes.json`)).json()) as Record<string, { gzip: number }>;
    expect(sizes.loader?.gzip).toBeLessThan(15 * 1024);
  });
});
