/** Widgets that are no controls of the page, by their own scripts in a sandboxed frame, with a scripted kernel; next: linked.test.ts. */
import type { FrameLocator } from "playwright-core";
import type { KernelMessage } from "#protocol/messages.ts";
import { allow, inChromium, page, server } from "./cell-page.ts";
import { runCode } from "./chromium.ts";
import { told, until } from "./scripted-interact.ts";
import { ok } from "./scripted-server.ts";
import { message } from "./transcripts.ts";

inChromium();

const model = (comm_id: string, name: string, state: Record<string, unknown>, buffers?: string[]): KernelMessage => {
  const module = `@jupyter-widgets/${name === "Layout" ? "base" : "controls"}`;
  const standard = {
    _model_name: `${name}Model`,
    _model_module: module,
    _model_module_version: "2.0.0",
    _view_name: `${name}View`,
    _view_module: module,
    _view_module_version: "2.0.0",
    ...(name === "Layout" ? {} : { layout: "IPY_MODEL_lay" }),
  };
  const buffer_paths = buffers ? [["value", 0, "content"]] : [];
  return message("comm_open", {
    comm_id,
    target_name: "jupyter.widget",
    data: { state: { ...standard, ...state }, buffer_paths },
    ...(buffers && { buffers }),
  });
};
const layout = model("lay", "Layout", {});
const frame = (): FrameLocator => page.locator("sage-cell").frameLocator("iframe");

async function showWidget(id: string, ...models: KernelMessage[]): Promise<void> {
  const data = { "text/plain": "a widget", "application/vnd.jupyter.widget-view+json": { model_id: id } };
  server.scripts.set("widgets", [
    { say: [layout, ...models, message("display_data", { data, metadata: {}, transient: {} })] },
    ok,
  ]);
  await runCode(page, "widgets");
}

describe("a widget of ipywidgets that the page has no control for", () => {
  const tags = (value: string[]) => model("t", "TagsInput", { value, allowed_tags: [], allow_duplicates: true, tag_style: "" });

  it("is there, says what its reader changes, and shows what the kernel changes", async () => {
    server.sessions.answer = ({ content }, say) => {
      const { state } = content.data as { state: { value: string[] } };
      say(
        message("comm_msg", {
          comm_id: "t",
          data: { method: "update", state: { value: [...state.value, "kernel's"] }, buffer_paths: [] },
        }),
      );
      return { status: "ok" };
    };
    await showWidget("t", tags(["one"]));
    await frame().locator(".jupyter-widget-tag", { hasText: "one" }).waitFor();
    await frame().locator(".jupyter-widget-tagsinput").click();
    await page.keyboard.type("two");
    await page.keyboard.press("Enter");
    await until(() => told().length === 1);
    expect(told()).toEqual([["t", { value: ["one", "two"] }]]);
    await frame().locator(".jupyter-widget-tag", { hasText: "kernel's" }).waitFor();
    expect(told().length).toBe(1);
  });

  it("stands inside a box of native controls", async () => {
    const field = model("n", "Text", { value: "x", description: "native" });
    const box = model("all", "VBox", { children: ["IPY_MODEL_n", "IPY_MODEL_t"] });
    await showWidget("all", field, tags(["one"]), box);
    await page.getByLabel("native").waitFor();
    await frame().locator(".jupyter-widget-tag", { hasText: "one" }).waitFor();
  });

  it("sends files as bytes", async () => {
    await showWidget(
      "u",
      model("u", "FileUpload", {
        value: [],
        accept: "",
        multiple: false,
        icon: "upload",
        button_style: "",
        error: "",
        style: null,
      }),
    );
    const choosing = page.waitForEvent("filechooser");
    await frame().locator("button").click();
    await (await choosing).setFiles({ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("hello") });
    await until(() => server.sessions.asked.length > 0);
    const { data, buffers } = (server.sessions.asked[0]?.content ?? {}) as { data: Record<string, unknown>; buffers: string[] };
    expect(buffers.map((one) => Buffer.from(one, "base64").toString())).toEqual(["hello"]);
    expect(data).toMatchObject({
      method: "update",
      buffer_paths: [["value", 0, "content"]],
      state: { value: [{ name: "a.txt" }] },
    });
  });
});

describe("a widget of another package", () => {
  const own = (state: Record<string, unknown>) =>
    model("w", "Any", { _model_module: "anywidget", _view_module: "anywidget", _model_module_version: "0.9.0", ...state });

  it("may bring its script along in its state", async () => {
    const _esm =
      "export default { render({ model, el }) { const b = document.createElement('button'); const draw = () => b.textContent = 'n ' + model.get('n');" +
      "draw(); model.on('change:n', draw); b.onclick = () => { model.set('n', model.get('n') + 1); model.save_changes(); model.send({ hi: 1 }); }; el.append(b); } }";
    await showWidget("w", own({ _esm, n: 1 }));
    await frame().getByRole("button", { name: "n 1" }).click();
    await frame().getByRole("button", { name: "n 2" }).waitFor();
    await until(() => told().length === 2);
    expect(told()).toEqual([
      ["w", { n: 2 }],
      ["w", { hi: 1 }],
    ]);
  });

  it("is fetched by the frame under its name and version, and never sees the page", async () => {
    server.settings.widgetModulesUrl = "https://widgets.example/npm";
    await page.context().route("https://widgets.example/npm/my-widget@1.2.3/dist/index.js", (route) =>
      route.fulfill({
        contentType: "text/javascript",
        body: `define(["@jupyter-widgets/base"], (base) => ({ MyModel: base.DOMWidgetModel, MyView: class extends base.DOMWidgetView {
          render() { let seen = "sees the page"; try { parent.document.title } catch { seen = "is alone" } this.el.textContent = seen + " " + location.origin + origin; } } }));`,
      }),
    );
    await showWidget(
      "m",
      model("m", "My", {
        _model_module: "my-widget",
        _view_module: "my-widget",
        _model_module_version: "^1.2.3",
        _view_module_version: "^1.2.3",
      }),
    );
    await frame().getByText("is alone").waitFor();
    expect(await frame().locator("body").textContent()).toContain("null");
  });

  it("is not fetched where the server names no address for that, and its package is told", async () => {
    await showWidget("m", model("m", "My", { _model_module: "my-widget", _view_module: "my-widget" }));
    await page.locator("sage-cell .note", { hasText: "it needs scripts of my-widget" }).waitFor();
    expect(await page.locator("sage-cell iframe").count()).toBe(0);
  });

  it("that cannot be fetched says so", async () => {
    allow("Failed to load");
    allow("net::ERR");
    allow("could not be fetched");
    allow("Could not create");
    server.settings.widgetModulesUrl = "https://widgets.example/npm";
    await page.context().route("https://widgets.example/**", (route) => route.abort());
    await showWidget(
      "m",
      model("m", "My", { _model_module: "gone-widget", _view_module: "gone-widget", _model_module_version: "1.0.0" }),
    );
    await frame().getByText("The scripts of gone-widget could not be fetched.").first().waitFor();
  });
});
