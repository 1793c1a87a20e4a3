/** Cells that share a session, and what an editor asks of a kernel, with a scripted one; next: main-job.test.ts. */
import type { Locator } from "playwright-core";
import { complaints, inChromium, page, server, show } from "./cell-page.ts";
import { shownText } from "./chromium.ts";
import { ok } from "./scripted-server.ts";
import { message, print } from "./transcripts.ts";

inChromium({ opens: false });

const cell = (at: number) => page.locator("sage-cell").nth(at);
const run = (at: number) => cell(at).locator(".run").click();
const finished = (at: number) => cell(at).locator(".status", { hasText: "Finished" }).waitFor();
const until = async (condition: () => boolean) => {
  for (const giveUp = Date.now() + 8000; !condition(); ) {
    if (Date.now() > giveUp) throw new Error("waited in vain");
    await page.waitForTimeout(10);
  }
};

describe("linked cells", () => {
  const two = '<sage-cell link="a"><pre>x = 1</pre></sage-cell><sage-cell link="a"><pre>x</pre></sage-cell>';

  it("that wait for one before them say so, not that there is no place", async () => {
    server.scripts.set("x = 1", [print("on"), { until: "first" }, ok]);
    server.scripts.set("x", [{ until: "second" }, ok]);
    await show(two);
    await run(0);
    await cell(0).locator(".stdout").waitFor();
    await run(1);
    await cell(1).locator(".status", { hasText: "Waiting for the cells before this one" }).waitFor();
    server.release("first");
    await finished(0);
    await cell(1).locator(".status", { hasText: "Waiting for a free place" }).waitFor();
    server.release("second");
    await finished(1);
  });

  it("share one session, and each shows its own output", async () => {
    server.scripts.set("x = 1", [print("from the first"), ok]);
    server.scripts.set("x", [print("from the second"), ok]);
    await show(`${two}<sage-cell link="b"><pre>y</pre></sage-cell><sage-cell><pre>z</pre></sage-cell>`);
    for (const at of [0, 1, 2, 3]) {
      await run(at);
      await finished(at);
    }
    const [a, b, ...others] = server.sessions.ids();
    expect(others).toEqual([]);
    expect(server.submitted.map(({ code, sessionId }) => [code, sessionId])).toEqual([
      ["x = 1", a],
      ["x", a],
      ["y", b],
      ["z", undefined],
    ]);
    await cell(0).locator(".output", { hasText: "from the first" }).waitFor();
    await cell(1).locator(".output", { hasText: "from the second" }).waitFor();
    expect(await shownText(cell(0).locator(".output"))).not.toContain("second");
  });

  it("that run by themselves do it in the page's order", async () => {
    const linked = (code: string) => `<sage-cell link="a" autorun><pre>${code}</pre></sage-cell>`;
    await show(`${linked("first")}<div style="height: 3000px"></div>${linked("second")}`);
    await page.evaluate(() => scrollTo(0, 4000));
    await page.reload();
    await until(() => server.submitted.filter(({ code }) => code === "second").length > 0);
    const at = server.submitted.map(({ code }) => code);
    expect(at.indexOf("first")).toBeLessThan(at.indexOf("second"));
  });

  it("start a new session when theirs has ended, and say that what was defined is gone", async () => {
    await show(two);
    await run(0);
    await finished(0);
    const [first] = server.sessions.ids();
    server.sessions.end(first as string);
    await run(1);
    await cell(1).locator(".status", { hasText: "what earlier cells defined is gone" }).waitFor();
    expect(server.submitted.at(-1)?.sessionId).toBe(server.sessions.ids()[1]);
    // The browser's own words about the refusal.
    expect(complaints.splice(0)).toEqual([expect.stringContaining("409")]);
  });

  it("close their session when the last of them leaves the page", async () => {
    await show(two);
    await run(0);
    await finished(0);
    await page.evaluate(() => document.querySelector("sage-cell")?.remove());
    await page.waitForTimeout(50);
    expect(server.sessions.closed).toEqual([]);
    await run(0);
    await finished(0);
    await page.evaluate(() => document.querySelector("sage-cell")?.remove());
    await until(() => server.sessions.closed.length === 1);
  });
});

describe("the editor", () => {
  const editor = async (at: number): Promise<Locator> => {
    const code = cell(at).locator(".cm-content");
    await code.click();
    await page.keyboard.press("Control+a");
    return code;
  };
  const offered = () => page.locator("sage-cell .cm-tooltip-autocomplete li");

  it("offers what the kernel knows when the reader asks, once something has run", async () => {
    server.sessions.answer = ({ content }) => ({
      status: "ok",
      matches: ["E.rank", "E.random_point"],
      cursor_start: 0,
      cursor_end: content.cursor_pos,
    });
    await show('<sage-cell link="a"><pre>E = 1</pre></sage-cell>');
    await run(0);
    await finished(0);
    await editor(0);
    await page.keyboard.type("E.ra");
    expect(server.sessions.asked).toEqual([]);
    await page.keyboard.press("Tab");
    await offered().nth(1).waitFor();
    expect(server.sessions.asked.at(-1)).toMatchObject({
      msg_type: "complete_request",
      content: { code: "E.ra", cursor_pos: 4 },
    });
    await offered().filter({ hasText: "E.rank" }).click();
    expect(await cell(0).evaluate((element) => (element as HTMLElement & { value: string }).value)).toBe("E.rank");
  });

  it("offers words of the code and common names while there is no kernel to ask", async () => {
    await show("<sage-cell><pre>my_number = 1</pre></sage-cell>");
    await cell(0).locator(".cm-content").click();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("\nmy_n");
    await page.keyboard.press("Tab");
    await offered().filter({ hasText: "my_number" }).waitFor();
    expect(server.submitted).toEqual([]);
  });

  it("shows help on a name at F1 and behind a question mark, from a computation of its own if there is no session", async () => {
    const page_ = { status: "ok", payload: [{ source: "page", data: { "text/plain": "Return the factorization" } }] };
    server.scripts.set("factor?", [{ say: message("execute_reply", page_) }, ok]);
    await show("<sage-cell><pre>factor(12)</pre></sage-cell>");
    await editor(0);
    await page.keyboard.press("Home");
    await page.keyboard.press("F1");
    await cell(0).locator("[part=help]", { hasText: "Return the factorization" }).waitFor();
    await cell(0).locator("[part=help] button", { hasText: "Close" }).click();
    expect(await cell(0).locator("[part=help]").isHidden()).toBe(true);
    await page.keyboard.press("Control+a");
    await page.keyboard.type("factor?");
    await page.keyboard.press("Tab");
    await cell(0).locator("[part=help]", { hasText: "Return the factorization" }).waitFor();
    await page.keyboard.press("Shift+Enter");
    await cell(0).locator(".output", { hasText: "Return the factorization" }).waitFor();
  });
});
