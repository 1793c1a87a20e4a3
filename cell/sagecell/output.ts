/** One output as an element: text at once, formulas and frames when their code has arrived; next: ../embedded-parts.ts. */
import { make } from "../dom.ts";
import { withoutEscapes } from "../output/terminal-text.ts";
import type { Message, PageKernel } from "./kernel.ts";
import { frameUrl, loadParts, recordOf, textOf } from "./page.ts";

export interface Around {
  readonly kernel: PageKernel;
  readonly signal: AbortSignal;
}

/** Undefined: nothing that a page shows. */
export function outputNode({ header, content }: Message, around: Around): HTMLElement | undefined {
  if (header.msg_type === "error") return errorNode(content);
  if (!["execute_result", "display_data", "update_display_data"].includes(header.msg_type)) return undefined;
  const data = recordOf(content.data);
  const plain = textOf(data["text/plain"]);
  const html = data["text/html"];
  if (html !== undefined) return htmlNode(textOf(html), plain, around);
  const script = data["application/javascript"];
  // A page's own scripts are its author's; what code made runs where it reaches nothing of the page.
  if (script !== undefined)
    return frameNode(`<script>${textOf(script).replaceAll("</script", "<\\/script")}</script>`, plain, around);
  const alt = textOf(recordOf(content.metadata).title) || plain;
  const name = data["text/image-filename"];
  if (typeof name === "string") {
    const src = `${around.kernel.kernel_url}/files/${name.split("/").map(encodeURIComponent).join("/")}?q=0`;
    if (name.endsWith(".pdf")) return make("a", { text: name, attributes: { href: src, target: "_blank", rel: "noopener" } });
    return imageNode(src, alt);
  }
  const png = data["image/png"];
  if (typeof png === "string") return imageNode(`data:image/png;base64,${png}`, alt);
  return make("pre", { class: "sagecell_stdout", text: plain });
}

const imageNode = (src: string, alt: string): HTMLElement =>
  make("img", { class: "sagecell_image", attributes: { src, alt: alt.slice(0, 200) } });

function errorNode(content: Readonly<Record<string, unknown>>): HTMLElement {
  const traceback = Array.isArray(content.traceback) ? content.traceback.map(textOf).join("\n") : "";
  const text = traceback || `${textOf(content.ename)}: ${textOf(content.evalue)}`;
  const node = make("pre", { class: "sagecell_pyerr", text: withoutEscapes(text) });
  loadParts().then(
    ({ coloured }) => node.replaceChildren(coloured(text)),
    () => {},
  );
  return node;
}

/** A formula is typeset in the page; all other markup is shown in a frame. */
function htmlNode(html: string, plain: string, around: Around): HTMLElement {
  const formula = /^\s*<html>\s*(\\\(.*\\\)|\\\[.*\\\])\s*<\/html>\s*$/s.exec(html)?.[1];
  if (formula !== undefined && !formula.includes("<")) return mathNode(formula, plain);
  const picture = /^<img src="(data:image\/[a-z+]+;base64,[A-Za-z0-9+/=]+)" alt="">$/.exec(html)?.[1];
  if (picture !== undefined) return imageNode(picture, plain);
  // A whole page comes wrapped in a frame for pages that have none of their own; here it is at home, and needs no other base.
  const wrapped = html.startsWith("<iframe ")
    ? new DOMParser().parseFromString(html, "text/html").querySelector("iframe")
    : null;
  const inner = wrapped?.srcdoc.replace(/<base [^>]*>/, "");
  return frameNode(inner || html, plain, around);
}

function mathNode(formula: string, plain: string): HTMLElement {
  const node = make("div", { class: "sagecell_math" }, make("pre", { class: "sagecell_stdout", text: plain }));
  const unescaped = new DOMParser().parseFromString(formula, "text/html").body.textContent ?? formula;
  const latex = `$${unescaped.slice(2, -2)}$`;
  loadParts()
    .then(({ typesetLatex }) => {
      const place = make("div", { attributes: { role: "math", "aria-label": plain } });
      return typesetLatex(latex, place.attachShadow({ mode: "open" })).then((made) => {
        place.shadowRoot?.append(made);
        node.replaceChildren(place);
      });
    })
    .catch(() => {
      // The text that is there stays.
    });
  return node;
}

function frameNode(html: string, plain: string, { signal }: Around): HTMLElement {
  const node = make("div", { class: "sagecell_html" });
  Promise.all([loadParts(), frameUrl()]).then(
    ([{ frameView }, url]) => {
      if (url) node.append(frameView(Promise.resolve(html), url, plain.slice(0, 200) || "Output", signal));
      else node.append(make("pre", { class: "sagecell_stdout", text: plain }));
      for (const frame of node.querySelectorAll("iframe")) Object.assign(frame.style, { width: "100%", border: "0" });
    },
    () => node.append(make("pre", { class: "sagecell_stdout", text: plain })),
  );
  return node;
}
