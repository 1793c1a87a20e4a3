/** Inside the sandboxed frame: shows the HTML it is given and tells the host page its height; next: frame.html. */

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
  const tell = (message: Record<string, unknown>) => host.postMessage(message, "*");

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
    else watchHeight();
    if (/\\\(|\\\[|\$\$|math\/tex/.test(html)) {
      import("./frame-math.ts").then(({ typesetPage }) => typesetPage()).catch(() => {});
    }
  };

  const watchHeight = () => {
    let told = 0;
    const measure = () => {
      const height = Math.ceil(
        Math.max(document.documentElement.getBoundingClientRect().height, document.body?.scrollHeight ?? 0),
      );
      if (Math.abs(height - told) <= 1) return;
      told = height;
      tell({ sandcell: "height", height });
    };
    measure();
    new ResizeObserver(measure).observe(document.documentElement);
    window.addEventListener("load", measure);
  };

  const style = `<link rel="stylesheet" href="/frame/frame.css">`;
  const hear = (event: MessageEvent) => {
    const said = event.data as { sandcell?: unknown; html?: unknown } | null;
    if (event.source !== host || said?.sandcell !== "show" || typeof said.html !== "string") return;
    window.removeEventListener("message", hear);
    show(said.html);
  };
  window.addEventListener("message", hear);
  tell({ sandcell: "ready" });
}
