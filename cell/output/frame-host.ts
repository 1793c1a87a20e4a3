/**
 * HTML of an output, which may be hostile: only ever inside a sandboxed frame of another origin; next: ../frame/frame.ts (inside).
 *
 * The frame says "ready", gets its HTML once, and afterwards says how high it would like to be. Nothing else is listened to.
 */
import { make } from "../dom.ts";
import { words } from "../words/words.ts";

const heightMax = 4000;
/** A page whose height depends on its frame's would grow for ever. */
const changesMax = 200;

export function frameView(html: Promise<string>, url: string, title: string, signal: AbortSignal): HTMLElement {
  const frame = make("iframe", {
    class: "frame",
    attributes: {
      src: url,
      title,
      sandbox: "allow-scripts allow-downloads allow-popups",
      referrerpolicy: "no-referrer",
      loading: "lazy",
      allow: "fullscreen",
      height: 40,
    },
  });
  const node = make("div", { class: "frame-box" }, frame);
  let changes = 0;
  let sent = false;
  const hear = (event: MessageEvent) => {
    // The frame's origin is opaque: only its window tells that a message is its own.
    if (event.source !== frame.contentWindow || frame.contentWindow === null) return;
    const said = event.data as { sandcell?: unknown; height?: unknown } | null;
    if (said?.sandcell === "ready" && !sent) {
      sent = true;
      html.then(
        (text) => frame.contentWindow?.postMessage({ sandcell: "show", html: text }, "*"),
        (error: Error) => node.replaceChildren(make("p", { class: "note", text: words("unfetched", { why: error.message }) })),
      );
    } else if (said?.sandcell === "height" && typeof said.height === "number" && Number.isFinite(said.height)) {
      if (changes++ < changesMax) frame.height = String(Math.min(heightMax, Math.max(20, Math.ceil(said.height))));
    }
  };
  addEventListener("message", hear, { signal });
  return node;
}
