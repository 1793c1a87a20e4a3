/** Interacts and widgets as a scripted kernel makes them: comm messages, a run that shows them, and what the kernel is told; next: interacts.test.ts. */
import type { KernelMessage } from "#protocol/messages.ts";
import { page, server } from "./cell-page.ts";
import { runCode } from "./chromium.ts";
import { ok, type Step } from "./scripted-server.ts";
import { message } from "./transcripts.ts";

export const model = (comm_id: string, kind: string, state: Record<string, unknown>): KernelMessage =>
  message("comm_open", {
    comm_id,
    target_name: "jupyter.widget",
    data: { state: { _model_name: `${kind}Model`, description: comm_id, ...state }, buffer_paths: [] },
  });
export const update = (comm_id: string, state: Record<string, unknown>): KernelMessage =>
  message("comm_msg", { comm_id, data: { method: "update", state, buffer_paths: [] } });
export const text = (words: string) => ({ outputs: [{ output_type: "stream", name: "stdout", text: words }] });

/** A page with an interact of these models, run. */
export const interact = (...models: KernelMessage[]) => interactThen([ok], ...models);
/** `then`: what its code does after that. */
export async function interactThen(then: Step[], ...models: KernelMessage[]): Promise<void> {
  // A link stands nowhere.
  const shown = models.filter(({ content }) => !/"_model_name":"(Directional)?LinkModel"/.test(JSON.stringify(content)));
  const children = shown.map(({ content }) => `IPY_MODEL_${content.comm_id}`);
  server.scripts.set("@interact", [
    {
      say: [
        ...models,
        model("out", "Output", { description: "", ...text("first") }),
        model("all", "VBox", { description: "", children: [...children, "IPY_MODEL_out"] }),
        message("display_data", {
          data: { "text/plain": "Interactive", "application/vnd.jupyter.widget-view+json": { model_id: "all" } },
          metadata: {},
          transient: {},
        }),
      ],
    },
    ...then,
  ]);
  await runCode(page, "@interact");
  await page.locator("sage-cell .interact").waitFor();
}
/** What the kernel was told, as [widget, state or event]. */
export const told = () =>
  server.sessions.asked.map(({ content }) => {
    const data = content.data as { method: string; state?: unknown; content?: unknown };
    return [content.comm_id, data.method === "update" ? data.state : data.content];
  });
export const until = async (condition: () => boolean) => {
  for (const giveUp = Date.now() + 8000; !condition(); ) {
    if (Date.now() > giveUp) throw new Error(`waited in vain; the kernel was told ${JSON.stringify(told())}`);
    await page.waitForTimeout(10);
  }
};
