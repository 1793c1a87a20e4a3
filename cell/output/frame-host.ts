/**
 * What may be hostile, HTML of an output and scripts of widgets: only ever inside a sandboxed frame of another origin; next:
 * ../frame/frame.ts (inside).
 *
 * The frame says "ready", is told once what it is for, and afterwards says how high it would like to be. Only a frame of widgets is
 * listened to in anything else.
 */
import { make } from "../dom.ts";
import { words } from "../words/words.ts";

const heightMax = 4000;
/** A page whose height depends on its frame's would grow for ever. */
const changesMax = 200;

export type FrameMessage = Readonly<Record<string, unknown>> & { readonly sandcell: string };
export interface Framed {
  readonly url: string;
  readonly title: string;
  readonly signal: AbortSignal;
  /** Once, when the frame is there. */
  ready(tell: (message: FrameMessage) => void): void;
  /** Of the frame, beside what this file answers itself. From strangers: to be checked. */
  heard?(message: FrameMessage): void;
}

export function frameView(html: Promise<string>, url: string, title: string, signal: AbortSignal): HTMLElement {
  const node = frameBox({
    url,
    title,
    signal,
    ready(tell) {
      html.then(
        (text) => tell({ sandcell: "show", html: text }),
        (error: Error) => node.replaceChildren(make("p", { class: "note", text: words("unfetched", { why: error.message }) })),
      );
    },
  });
  return node;
}

export function frameBox({ url, title, signal, ready, heard }: Framed): HTMLElement {
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
  let changes = 0;
  let sent = false;
  const hear = (event: MessageEvent) => {
    // The frame's origin is opaque: only its window tells that a message is its own.
    if (event.source !== frame.contentWindow || frame.contentWindow === null) return;
    const said = event.data as FrameMessage | null;
    if (said?.sandcell === "ready" && !sent) {
      sent = true;
      ready((message) => frame.contentWindow?.postMessage(message, "*"));
    } else if (said?.sandcell === "height" && typeof said.height === "number" && Number.isFinite(said.height)) {
      if (changes++ < changesMax) frame.height = String(Math.min(heightMax, Math.max(20, Math.ceil(said.height))));
    } else if (typeof said?.sandcell === "string" && sent) heard?.(said);
  };
  addEventListener("message", hear, { signal });
  return make("div", { class: "frame-box" }, frame);
}
