/** The headers that make a stranger's file harmless to whoever opens it; next: app.ts. docs/nginx/sandcell.conf says the same. */
import type { BlobFacts } from "#filestore/blobs.ts";

/** By the end of the name. Anything else, and above all HTML and scripts, is bytes. */
const contentTypes: Readonly<Record<string, string>> = {
  csv: "text/csv; charset=utf-8",
  gif: "image/gif",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  json: "application/json; charset=utf-8",
  mp4: "video/mp4",
  pdf: "application/pdf",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  webm: "video/webm",
  webp: "image/webp",
};
export const bytesType = "application/octet-stream";

/** Pictures without script may open in a tab. The rest is saved: a picture element shows an attachment all the same. */
const inlineTypes = new Set(["image/gif", "image/jpeg", "image/png", "image/webp"]);

/** For whatever the filestore answers. */
export const safetyHeaders: Readonly<Record<string, string>> = {
  "X-Content-Type-Options": "nosniff",
  "Content-Security-Policy": "sandbox; default-src 'none'",
  "Cross-Origin-Resource-Policy": "cross-origin",
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": "Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag",
  "Referrer-Policy": "no-referrer",
};

export function contentTypeOf(path: string): string {
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(contentTypes, extension) ? (contentTypes[extension] as string) : bytesType;
}

/** A blob never changes and its address cannot be guessed: the browser may keep it, a shared cache may not. */
export function fileHeaders(path: string, facts: BlobFacts): Record<string, string> {
  const type = contentTypeOf(path);
  return {
    "Content-Type": type,
    "Content-Disposition": inlineTypes.has(type) ? "inline" : disposition(path.slice(path.lastIndexOf("/") + 1)),
    "Cache-Control": "private, max-age=3600",
    "Accept-Ranges": "bytes",
    ETag: entityTag(facts),
    "Last-Modified": new Date(facts.modifiedMs).toUTCString(),
  };
}

/** As nginx makes it of a file, so that a download goes on where it stopped, whoever serves it. */
export const entityTag = ({ size, modifiedMs }: BlobFacts): string =>
  `"${Math.floor(modifiedMs / 1000).toString(16)}-${size.toString(16)}"`;

/** RFC 6266: plain ASCII for old clients, the true name in UTF-8 for the others. */
function disposition(name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/gu, "_");
  const full = encodeURIComponent(name).replaceAll(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${full}`;
}
