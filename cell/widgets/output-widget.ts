/** The output of a widget: the old one stays, dimmed while the kernel works, until the new one is ready to be seen; next: ../output/view.ts. */
import { make } from "../dom.ts";
import { recordOf } from "../output/content.ts";
import { noOutput, type Output } from "../output/items.ts";
import { addOutputs, type OutputMessage } from "../output/model.ts";
import { countOutput, outputInWords } from "../output/summary.ts";
import { type OutputView, outputView } from "../output/view.ts";
import { words } from "../words/words.ts";
import type { WidgetModels } from "./models.ts";
import type { Build } from "./widget.ts";

/** A picture that takes longer than this may come after its text. */
const readyMs = 1000;
/** How long a new output may take to become as high as the old one: frames say their height late. */
const settleMs = 1500;

export const output: Build = (widget) => {
  const node = make("div", { class: "widget-output", attributes: { "aria-live": "off" } });
  let shown: { readonly view: OutputView; readonly list: HTMLElement } | undefined;
  let newest = 0;
  let drawn: unknown;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const replace = async (outputs: Output) => {
    const mine = ++newest;
    const list = make("div");
    const view = outputView(list, widget.page);
    view.showNow(outputs);
    await pictures(list);
    if (mine !== newest || widget.signal.aborted) return view.clear();
    // Nothing below may jump while the new output finds its height.
    clearTimeout(timer);
    node.style.minHeight = `${node.offsetHeight}px`;
    timer = setTimeout(() => {
      node.style.minHeight = "";
    }, settleMs);
    node.replaceChildren(list);
    shown?.view.clear();
    shown = { view, list };
  };

  widget.signal.addEventListener("abort", () => {
    clearTimeout(timer);
    shown?.view.clear();
  });
  widget.watch((state) => {
    if (state.outputs === drawn) return;
    drawn = state.outputs;
    void replace(outputOf(state.outputs));
  });
  return node;
};

/** What all outputs of a session hold now, in one sentence. */
export function updateInWords(models: WidgetModels): string {
  const outputs = models.all().filter(({ name }) => name === "OutputModel");
  const items = outputs.flatMap(({ state }) => outputOf(state.outputs).items);
  const { error, ...counts } = countOutput({ ...noOutput, items });
  if (error !== undefined) return words("errorAloud", { error });
  return words("updatedAloud", { output: outputInWords({ ...counts, error }, 0) });
}

/** Jupyter's notebook format. */
export function outputOf(outputs: unknown): Output {
  const messages = (Array.isArray(outputs) ? outputs : []).map((one): OutputMessage => {
    const { output_type, metadata, ...content } = recordOf(one);
    const msg_type = types.find((known) => known === output_type) ?? "display_data";
    return { msg_type, content: { ...content, metadata: recordOf(metadata) }, metadata: {} };
  });
  return addOutputs(noOutput, messages);
}
const types = ["stream", "display_data", "execute_result", "error"] as const;

function pictures(inside: HTMLElement): Promise<unknown> {
  const ready = [...inside.querySelectorAll("img")].map(
    (picture) =>
      new Promise<void>((resolve) => {
        if (picture.complete && picture.src !== "") return resolve();
        picture.addEventListener("load", () => resolve(), { once: true });
        picture.addEventListener("error", () => resolve(), { once: true });
      }),
  );
  return Promise.race([Promise.all(ready), new Promise((resolve) => setTimeout(resolve, readyMs))]);
}
