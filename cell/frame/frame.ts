/** Inside the sandboxed frame: shows the HTML or the widgets it is given; next: height.ts, frame-widgets.ts, frame.html. */
import { type Tell, watchHeight } from "./height.ts";

/** A scene fills its window instead of having a height of its own. */
const sceneHeight = 420;

declare global {
  interface Window {
    /** Set once: a page written into this document runs in the same window. */
    sandcellFrame?: true;
  }
}

if (window.sandcellFrame === undefined && window.parent !== window) {
  window.sandcellFrame = true;
  const host = window.parent;
  const tell: Tell = (message) => host.postMessage(message, "*");

  const show = (html: string) => {
    const wholePage = /<!doctype|<html[\s>]|<body[\s>]/i.test(html);
    const fillsWindow = wholePage && /<canvas|three(?:\.min)?\.js|THREE\./.test(html);
    // Writing the document lets its scripts run in order, as a page's do.
    document.open();
    document.write(
      wholePage && !/^\s*<html>\s*(?!<)/i.test(html) ? html : `<!doctype html><meta charset="utf-8">${style}<body>${html}`,
    );
    document.close();
    if (fillsWindow) tell({ sandcell: "height", height: sceneHeight });
    else watchHeight(tell);
    if (/\\\(|\\\[|\$\$|math\/tex/.test(html)) {
      import("./frame-math.ts").then(({ typesetPage }) => typesetPage()).catch(() => {});
    }
  };

  const style = `<link rel="stylesheet" href="/frame/frame.css">`;
  const hear = (event: MessageEvent) => {
    const said = event.data as { sandcell?: unknown; html?: unknown; modules?: string } | null;
    if (event.source !== host) return;
    if (said?.sandcell === "show" && typeof said.html === "string") show(said.html);
    else if (said?.sandcell === "widgets")
      void import("./frame-widgets.ts").then(({ showWidgets }) => showWidgets(host, tell, said.modules));
    else return;
    window.removeEventListener("message", hear);
  };
  window.addEventListener("message", hear);
  tell({ sandcell: "ready" });
}
