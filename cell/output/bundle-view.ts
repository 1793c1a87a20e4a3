/** One output on the page in its best form; next: latex-view.ts, frame-host.ts. */
import { button, bytesInWords, make } from "../dom.ts";
import type { Session } from "../session/session.ts";
import { words } from "../words/words.ts";
import type { Bundle, FileLink } from "./content.ts";
import { frameView } from "./frame-host.ts";
import { latexView } from "./latex-view.ts";
import { chooseForm, type ImageType, imageTypes, type Payload, payloadOf } from "./mime.ts";
import type { PageEdge } from "./page-edge.ts";
import { appendText, noText } from "./terminal-text.ts";
import { foldAboveLines, pre, textView } from "./text-view.ts";

/** Bigger ones are offered as a file: a page should not fetch them unasked. */
const fetchedBytesMax = 30_000_000;
const altCharsMax = 200;

export function bundleView(bundle: Bundle, edge: PageEdge, signal: AbortSignal): HTMLElement {
  const frame = edge.frame();
  const session = edge.session();
  const shown = chooseForm(bundle, frame !== undefined, session !== undefined);
  switch (shown.form) {
    case "widget":
      return session ? widgets(shown, session, edge, signal) : plainView(shown.plain);
    case "html": {
      const big = tooBig(shown.html);
      if (big || frame === undefined) return linkView(big ?? { path: "", size: 0 }, edge);
      const html =
        "text" in shown.html ? Promise.resolve(shown.html.text) : edge.file(shown.html.link.path).then((file) => file.text());
      return frameView(html, frame.url, shown.plain.slice(0, altCharsMax) || words("interactiveOutput"), signal);
    }
    case "image": {
      const big = tooBig(shown.image);
      return big ? linkView(big, edge) : imageView({ ...shown, bundle }, edge, signal);
    }
    case "latex":
      return latexView(shown, () => edge.root(), signal);
    case "linked":
      return linkView(shown.link, edge);
    case "text":
      return plainView(shown.text);
  }
}

/** Its description stands there until the controls have arrived. */
function widgets(
  { model, plain }: { model: string; plain: string },
  session: Session,
  edge: PageEdge,
  signal: AbortSignal,
): HTMLElement {
  const node = make("div", {}, plainView(plain));
  import("../widgets/widget-view.ts").then(
    ({ widgetView }) => {
      if (!signal.aborted) node.replaceChildren(widgetView(model, session, edge, signal));
    },
    () => {},
  );
  return node;
}

/** Text of a result: as a stream if it is long. */
export function plainView(text: string): HTMLElement {
  const lines = text.split(/(?<=\n)/);
  return text.length < 16_000 && lines.length <= foldAboveLines
    ? pre(lines)
    : textView(appendText(noText, text), "result").node;
}

interface Image {
  readonly type: ImageType;
  readonly image: Payload;
  readonly alt: string;
  readonly width: number | undefined;
  readonly bundle: Bundle;
}

/** An `<img>` runs no script, whatever its SVG says. */
function imageView({ type, image, alt, width, bundle }: Image, edge: PageEdge, signal: AbortSignal): HTMLElement {
  const name = alt.slice(0, altCharsMax);
  const picture = make("img", { attributes: { alt: name, width, decoding: "async" } });
  const shown = blobOf(type, image, edge);
  const files = imageTypes.flatMap((kind) => {
    const payload = payloadOf(bundle, kind);
    return payload && !tooBig(payload)
      ? [{ type: kind, content: () => (kind === type ? shown : blobOf(kind, payload, edge)) }]
      : [];
  });
  const enlarge = async () => {
    const { showEnlarged } = await import("./enlarged.ts");
    if (!signal.aborted) showEnlarged({ root: edge.root(), name, url: picture.src, width, files });
  };
  const press = button("", () => void enlarge(), {
    class: "enlarge",
    attributes: { "aria-label": words("enlarge", { name }) },
  });
  picture.addEventListener("click", () => void enlarge());
  const node = make("div", { class: "picture" }, picture, press);
  const failed = (why: string) => node.replaceChildren(make("p", { class: "note", text: why }), plainView(alt));
  picture.addEventListener("error", () => failed(words("unreadable")), { signal });
  shown.then(
    (blob) => {
      if (signal.aborted) return;
      const url = URL.createObjectURL(blob);
      signal.addEventListener("abort", () => URL.revokeObjectURL(url));
      picture.src = url;
    },
    (error: Error) => failed(words("unfetched", { why: error.message })),
  );
  return node;
}

async function blobOf(type: ImageType, image: Payload, edge: PageEdge): Promise<Blob> {
  if ("link" in image) return new Blob([await edge.file(image.link.path)], { type });
  if (type === "image/svg+xml") return new Blob([image.text], { type });
  const binary = atob(image.text.replace(/\s/g, ""));
  return new Blob([Uint8Array.from(binary, (char) => char.charCodeAt(0))], { type });
}

function tooBig(payload: Payload): FileLink | undefined {
  return "link" in payload && payload.link.size > fetchedBytesMax ? payload.link : undefined;
}

export function linkView({ path, size }: FileLink, edge: PageEdge): HTMLElement {
  const name = path.split("/").at(-1) ?? path;
  const link = make("a", { text: name, attributes: { href: edge.fileUrl(path), download: name } });
  return make("p", { class: "linked" }, link, ` ${bytesInWords(size)}`);
}
