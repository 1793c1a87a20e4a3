/** Interacts in the cell, with a scripted kernel: every control, one message at a time, the old output until the new one; next: framed-widgets.test.ts. */

import { axeFinds } from "./axe.ts";
import { allow, browser, complaints, inChromium, page, server } from "./cell-page.ts";
import { openPage, runCode, shownText } from "./chromium.ts";
import { interact, interactThen, model, text, told, until, update } from "./scripted-interact.ts";
import { ok } from "./scripted-server.ts";
import { message } from "./transcripts.ts";

inChromium();

const output = () => page.locator("sage-cell .widget-output");
const control = (name: string) => page.locator("sage-cell").getByLabel(name, { exact: true });

const slider = (more: Record<string, unknown> = {}) => model("n", "IntSlider", { min: 1, max: 9, step: 1, value: 2, ...more });
const labels = { _options_labels: ["a", "b", "c"] };

describe("an interact", () => {
  it("makes its kernel the cell's session, which the next run and the page's end close", async () => {
    await interact(slider());
    await page.locator("sage-cell .status", { hasText: "Finished" }).waitFor();
    const [first] = server.sessions.ids();
    expect(server.submitted.at(-1)).toMatchObject({ mayStay: true });
    expect(server.submitted.at(-1)).not.toHaveProperty("sessionId");
    expect(await shownText(output())).toContain("first");
    await interact(slider());
    await until(() => server.sessions.closed.length === 1);
    expect(server.sessions.closed).toEqual([first]);
    await page.goto("about:blank");
    await until(() => server.sessions.closed.length === 2);
  });

  it("hears of a control that was moved before its code was over, when it is", async () => {
    await interactThen([{ until: "over" }, ok], slider());
    await control("n").press("ArrowRight");
    expect(told()).toEqual([]);
    server.release("over");
    await until(() => told().length === 1);
    expect(server.sessions.asked[0]?.session).toBe(server.sessions.ids()[0]);
    expect(told()).toEqual([["n", { value: 3 }]]);
  });

  it("is stopped with the page, or by the next cell in its place, while its code runs", async () => {
    await interactThen([{ until: "over" }], slider());
    await page.locator("sage-cell").evaluate((cell) => cell.remove());
    await until(() => server.cancelled.length === 1);
    await page.reload();
    await interactThen([{ until: "over" }], slider());
    await page.goto("about:blank");
    await until(() => server.cancelled.length === 2);
    expect(server.sessions.ids()).toEqual([]);
  });

  it("that ends while its cell is removed leaves no session behind", async () => {
    await page.context().route("**/events", () => {});
    server.scripts.set("@interact", [{ say: [slider()] }, ok]);
    await runCode(page, "@interact");
    await until(() => server.sessions.ids().length === 1);
    await page.locator("sage-cell").evaluate((cell) => cell.remove());
    await until(() => server.sessions.closed.length === 1);
    // The browser's own words about the refusal.
    allow("409");
  });

  it("is what a session stays for: a comm to which no page speaks keeps none", async () => {
    server.scripts.set("comm", [{ say: message("comm_open", { comm_id: "c", target_name: "mine", data: {} }) }, ok]);
    await runCode(page, "comm");
    await until(() => server.sessions.closed.length === 1);
    expect(server.sessions.closed).toEqual(server.sessions.ids());
  });

  it("whose kernel did not stay says so", async () => {
    await interactThen([{ end: { kind: "timeout", message: "", files: [] } }], slider());
    await page.locator("sage-cell .widgets-note", { hasText: "The session has ended" }).waitFor();
    expect(await control("n").isDisabled()).toBe(true);
  });

  it("shows what the kernel answers to a moved slider", async () => {
    server.sessions.answer = ({ content }, say) => {
      const { state } = content.data as { state: { value: number } };
      say(update("out", text(`n is ${state.value}`)));
      return { status: "ok" };
    };
    await interact(slider());
    await control("n").press("ArrowRight");
    await output().filter({ hasText: "n is 3" }).waitFor();
    expect(await page.locator("sage-cell output").first().textContent()).toBe("3");
  });

  it("sends one message at a time, and of a moving slider only its last place", async () => {
    let release = () => {};
    const held = new Promise<void>((go) => {
      release = go;
    });
    server.sessions.answer = async () => {
      await held;
      return { status: "ok" };
    };
    await interact(slider());
    for (let at = 0; at < 5; at++) await control("n").press("ArrowRight");
    await until(() => told().length === 1);
    release();
    await until(() => told().length === 2);
    expect(told()).toEqual([
      ["n", { value: 3 }],
      ["n", { value: 7 }],
    ]);
  });

  it("keeps the old output, dimmed, until the new one is there, and can be stopped meanwhile", async () => {
    let release = () => {};
    const held = new Promise<void>((go) => {
      release = go;
    });
    server.sessions.answer = async (_asked, say) => {
      await held;
      say(update("out", text("second")));
      return { status: "ok" };
    };
    await interact(slider());
    await control("n").press("ArrowRight");
    await page.locator("sage-cell .interact.works").waitFor();
    expect(await shownText(output())).toContain("first");
    await page.locator("sage-cell .widgets-note", { hasText: /Updating… [1-9]/ }).waitFor();
    await page.locator("sage-cell .widgets-note button").click();
    await until(() => server.sessions.interrupted.length === 1);
    release();
    await output().filter({ hasText: "second" }).waitFor();
    await page.locator("sage-cell .interact:not(.works)").waitFor();
  });

  it("waits for its button where it has one", async () => {
    await interact(slider({ continuous_update: false }), model("go", "Button", { description: "Run Interact" }));
    await control("n").press("ArrowRight");
    await page.getByRole("button", { name: "Run Interact" }).click();
    await until(() => told().length === 2);
    expect(told().at(-1)).toEqual(["go", { event: "click" }]);
  });

  it("says aloud what a moved slider came to, and what went wrong", async () => {
    server.sessions.answer = (_, say) => {
      say(update("out", text("one\ntwo\n")));
      return { status: "ok" };
    };
    await interact(slider());
    await control("n").press("ArrowRight");
    await page.locator("sage-cell [role=status]", { hasText: "updated, 2 lines of output" }).waitFor();
    server.sessions.answer = () => ({ status: "error", evalue: "the kernel did not answer in time" });
    await control("n").press("ArrowRight");
    await page.locator("sage-cell .widgets-note", { hasText: "Not updated: the kernel did not answer in time" }).waitFor();
    await page.locator("sage-cell [role=status]", { hasText: "Not updated" }).waitFor();
  });

  it("follows a value that the code linked to another's, both ways or one, without the kernel's help", async () => {
    const end = (id: string) => [`IPY_MODEL_${id}`, "value"];
    await interact(
      slider(),
      model("m", "IntSlider", { min: 1, max: 9, step: 1, value: 7 }),
      model("both", "Link", { source: end("n"), target: end("m") }),
    );
    expect(await control("m").inputValue()).toBe("2");
    await control("m").press("ArrowRight");
    await until(() => told().length === 3);
    expect(told()[0]).toEqual(["m", { value: 2 }]);
    expect(told().slice(1).toSorted()).toEqual([
      ["m", { value: 3 }],
      ["n", { value: 3 }],
    ]);
    expect(await control("n").inputValue()).toBe("3");
  });

  it("goes into a link with where its controls stand, and stands so again when the link's reader runs it", async () => {
    await interact(slider());
    await control("n").press("ArrowRight");
    await page.getByRole("button", { name: "Share" }).click();
    await page.getByLabel("With the controls as they are now").check();
    await page.locator("sage-cell #share-link:not([value])").waitFor();
    const link = await page.locator("sage-cell #share-link").inputValue();
    expect(link).toContain("&controls=");
    const other = await openPage(browser, link);
    await other.page.locator("sage-cell .cm-content", { hasText: "@interact" }).waitFor();
    await other.page.locator("sage-cell .run").click();
    await until(() => told().length === 2);
    expect(told()).toEqual([
      ["n", { value: 3 }],
      ["n", { value: 3 }],
    ]);
    await other.page.context().close();
  });

  it("says so when its session is over, and moves nothing any more", async () => {
    await interact(slider());
    allow("status of 409");
    server.sessions.end(server.sessions.ids()[0] as string);
    await control("n").press("ArrowRight");
    await page.locator("sage-cell .widgets-note", { hasText: "run the code again" }).waitFor();
    expect(await control("n").isDisabled()).toBe(true);
    // The browser's own words, where the refusal came before the end was read.
    expect(complaints.splice(0).filter((words) => !words.includes("409"))).toEqual([]);
  });

  it("takes an output in pieces, as big ones come", async () => {
    server.sessions.answer = (_asked, say) => {
      const whole = JSON.stringify({ method: "update", state: text("long".repeat(20)), buffer_paths: [] });
      const cut = [whole.slice(0, 30), whole.slice(30, 60), whole.slice(60)];
      say(
        ...cut.map((part, at) =>
          message("comm_msg", { comm_id: "out", data: { method: "piece", piece: at + 1, pieces: 3, text: part } }),
        ),
      );
      return { status: "ok" };
    };
    await interact(slider());
    await control("n").press("ArrowRight");
    await output().filter({ hasText: "longlong" }).waitFor();
  });
});

describe("its controls", () => {
  const all = () =>
    interact(
      slider(),
      model("float", "FloatSlider", { min: 0, max: 1, step: 0.25, value: 0.5, readout_format: ".2f" }),
      model("range", "IntRangeSlider", { min: 0, max: 10, step: 1, value: [2, 7] }),
      model("choice", "SelectionSlider", { ...labels, index: 1 }),
      model("list", "Dropdown", { ...labels, index: 0 }),
      model("pick", "ToggleButtons", { ...labels, index: 0 }),
      model("radio", "RadioButtons", { ...labels, index: 0 }),
      model("check", "Checkbox", { value: false }),
      model("formula", "Text", { value: "x^2", continuous_update: false }),
      model("area", "Textarea", { value: "one", rows: 3, continuous_update: false }),
      model("colour", "ColorPicker", { value: "red" }),
      model("words", "HTMLMath", { description: "", value: "Only words" }),
      model("grid label", "Label", { description: "", value: "matrix" }),
      model("a", "Text", { description: "", value: "1", continuous_update: false }),
      model("b", "Text", { description: "", value: "2", continuous_update: false }),
      model("column 1", "VBox", { description: "", children: ["IPY_MODEL_a"] }),
      model("column 2", "VBox", { description: "", children: ["IPY_MODEL_b"] }),
      model("grid", "HBox", {
        description: "",
        children: ["IPY_MODEL_grid label", "IPY_MODEL_column 1", "IPY_MODEL_column 2"],
      }),
    );

  it("are native ones that a keyboard moves, and tell the kernel what Jupyter's would", async () => {
    await all();
    await control("float").press("ArrowRight");
    await control("range, from").press("ArrowRight");
    // Else the second change of one control may be told with the first.
    await until(() => told().length === 2);
    await control("range, to").press("End");
    await control("choice").press("Home");
    await control("list").selectOption({ index: 2 });
    await page.getByRole("button", { name: "b", exact: true }).click();
    await page.getByRole("button", { name: "b", exact: true }).click();
    await page.getByRole("radio", { name: "c" }).press("Space");
    await control("check").press("Space");
    await control("formula").fill("x^3");
    await control("formula").press("Enter");
    await control("area").fill("two");
    await control("colour").fill("#00ff00");
    await control("matrix, row 1, column 2").fill("9");
    await control("matrix, row 1, column 2").press("Enter");
    await until(() => told().length === 13);
    expect(told()).toEqual([
      ["float", { value: 0.75 }],
      ["range", { value: [3, 7] }],
      ["range", { value: [3, 10] }],
      ["choice", { index: 0 }],
      ["list", { index: 2 }],
      ["pick", { index: 1 }],
      ["pick", { event: "click" }],
      ["radio", { index: 2 }],
      ["check", { value: true }],
      ["formula", { value: "x^3" }],
      ["area", { value: "two" }],
      ["colour", { value: "#00ff00" }],
      ["b", { value: "9" }],
    ]);
  });

  it("have names, are big enough, and axe finds nothing, light and dark", async () => {
    await all();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await axeFinds(page, colorScheme)).toEqual([]);
    }
    await page.setViewportSize({ width: 320, height: 700 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  });
});
