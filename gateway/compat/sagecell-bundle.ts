/** An output in the forms that SageMathCell's clients show: file names of pictures, HTML, plain text; next: sagecell-interacts.ts. */
import type { Said, Spoken } from "#gateway/compat/sagecell-wire.ts";

/** Best first. */
const pictures = {
  "image/png": "png",
  "image/svg+xml": "svg",
  "image/jpeg": "jpg",
  "image/gif": "gif",
  "application/pdf": "pdf",
} as const;
type Picture = keyof typeof pictures;
const isPicture = (mime: string): mime is Picture => mime in pictures;

/** Where an output stands: the kernel's computation, from 1, and the message's number. */
export type Place = { computation: number; number: number };

/** A picture inside a message has this name among the kernel's files. */
export const pictureName = ({ computation, number }: Place, mime: Picture): string =>
  `output-${computation}-${number}.${pictures[mime]}`;

/** The place and type of a picture that `pictureName` named. */
export function pictureNamed(path: string): (Place & { mime: Picture }) | undefined {
  const [, computation, number, extension] = /^output-(\d{1,5})-(\d{1,7})\.([a-z]{3})$/.exec(path) ?? [];
  const mime = Object.keys(pictures).find((name) => pictures[name as Picture] === extension) as Picture | undefined;
  return mime && { computation: Number(computation), number: Number(number), mime };
}

/** The picture's bytes in a message; undefined if it has none of this type. */
export function pictureBytes(message: Said, mime: string): Buffer | undefined {
  const payload = record(message.content["data"])[mime];
  if (typeof payload !== "string") return undefined;
  return mime === "image/svg+xml" ? Buffer.from(payload) : Buffer.from(payload, "base64");
}

/**
 * `html`: what a `text/html` that became a file says. `frameOrigin`: where a scene's scripts are. `place`: where a picture can be
 * fetched; undefined: nowhere.
 */
export function shownOutput(
  message: Said,
  about: { place: Place | undefined; frameOrigin: string; html: string | undefined },
): Spoken {
  const data = record(message.content["data"]);
  const links = record(message.metadata["links"]);
  const plain = { "text/plain": textOf(data["text/plain"]) };
  const displayed = (more: Record<string, unknown>): Spoken => ({
    msg_type: message.msg_type === "execute_result" ? "display_data" : message.msg_type,
    content: { ...message.content, data: { ...more, ...plain }, metadata: record(message.content["metadata"]) },
  });
  const html = about.html ?? (data["text/html"] === undefined ? undefined : textOf(data["text/html"]));
  if (html !== undefined) return displayed({ "text/html": isDocument(html) ? framed(html, about.frameOrigin) : html });
  for (const mime of Object.keys(pictures) as Picture[]) {
    const path = record(links[mime])["path"];
    if (typeof path === "string") return displayed({ "text/image-filename": path });
    if (data[mime] === undefined) continue;
    if (!about.place) return displayed(mime === "image/png" ? { [mime]: data[mime] } : { "text/html": inlined(message, mime) });
    const name = pictureName(about.place, mime);
    return displayed({ "text/image-filename": name, ...(mime === "image/png" ? { [mime]: data[mime] } : {}) });
  }
  const latex = data["text/latex"];
  // The value of a cell's last line is text, unless it was shown on purpose.
  if (latex !== undefined && message.msg_type !== "execute_result") return displayed({ "text/html": mathOf(textOf(latex)) });
  const { "text/latex": _, ...others } = data;
  return { msg_type: message.msg_type, content: { ...message.content, data: { ...others, ...plain } } };
}

/** The file that holds a message's HTML, if it was too big for the message. */
export function htmlLink(message: Said): { path: string; size: number } | undefined {
  const { path, size } = record(record(message.metadata["links"])["text/html"]);
  return typeof path === "string" && typeof size === "number" ? { path, size } : undefined;
}

function inlined(message: Said, mime: Picture): string {
  const address = `data:${mime};base64,${pictureBytes(message, mime)?.toString("base64") ?? ""}`;
  return mime === "application/pdf" ? `<a href="${address}" download="output.pdf">PDF</a>` : `<img src="${address}" alt="">`;
}

const isDocument = (html: string): boolean => /^\s*<(!doctype|html[\s>])/i.test(html) && /<(script|body|head)\b/i.test(html);

/** A page of its own stays one: without scripts in the page around it, and with the origin that its scripts are served from. */
function framed(html: string, frameOrigin: string): string {
  const based = html.replace(/<head[^>]*>/i, (head) => `${head}<base href="${escaped(frameOrigin)}/">`);
  return `<iframe sandbox="allow-scripts" style="width:100%;height:500px;border:0" srcdoc="${escaped(based)}"></iframe>`;
}

/** For MathJax, which every page of these clients has. */
function mathOf(latex: string): string {
  const bare = latex
    .trim()
    .replace(/^\$+|\$+$/g, "")
    .replace(/^\\displaystyle\s*/, "");
  return `<html>\\[${escaped(bare)}\\]</html>`;
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
export const record = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
export const textOf = (value: unknown): string =>
  typeof value === "string"
    ? value
    : Array.isArray(value)
      ? value.map(textOf).join("")
      : value === undefined
        ? ""
        : String(value);
export { isPicture };
