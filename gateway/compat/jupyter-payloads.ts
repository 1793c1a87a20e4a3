/** Messages of a transcript as Jupyter has them: payloads that are files come inline, comms have buffers; next: jupyter-cell.ts. */
import type { CommPieces } from "#gateway/compat/comm-pieces.ts";
import { bounds } from "#gateway/compat/jupyter-bounds.ts";
import type { FilesReader } from "#gateway/core.ts";
import type { KernelMessage } from "#protocol/messages.ts";

export type Shown = {
  msg_type: string;
  content: Record<string, unknown>;
  metadata: Record<string, unknown>;
  buffers: readonly Uint8Array[];
};
export type PayloadParts = { files: FilesReader; frameOrigin: string };
/** `id`: the computation, or the session itself. */
export type Speaker = { id: string; pieces: CommPieces };

/** Undefined: nothing that Jupyter could show. Never rejects: what cannot be brought is said in `text/plain`. */
export async function showMessage(
  parts: PayloadParts,
  message: KernelMessage,
  { id: computation, pieces }: Speaker,
): Promise<Shown | undefined> {
  const { msg_type, content, metadata } = message;
  if (msg_type.startsWith("comm_")) {
    const data = pieces.join(String(content["comm_id"]), isObject(content["data"]) ? content["data"] : {});
    return data && withBuffers({ ...message, content: { ...content, data } });
  }
  if (msg_type === "extension") return appendedText(content);
  const { links, ...rest } = metadata;
  const data = { ...(isObject(content["data"]) ? content["data"] : {}) };
  if (!("data" in content)) return { msg_type, content, metadata, buffers: [] };
  if (isObject(links)) await inline(parts, { links, data, computation });
  if (typeof data["text/html"] === "string") data["text/html"] = framed(data["text/html"], parts.frameOrigin);
  return { msg_type, content: { ...content, data }, metadata: rest, buffers: [] };
}

function withBuffers({ msg_type, content, metadata }: KernelMessage): Shown {
  const { buffers, ...rest } = content;
  const texts = Array.isArray(buffers) ? buffers.filter((buffer) => typeof buffer === "string") : [];
  return { msg_type, content: rest, metadata, buffers: texts.map((buffer) => Buffer.from(buffer, "base64")) };
}

/** Blocks and tables are the cell's own; their text is shown as it is printed. */
function appendedText(content: Record<string, unknown>): Shown | undefined {
  const block = content["formatting"];
  if (!isObject(block) || block["action"] !== "append" || typeof block["text"] !== "string") return undefined;
  return { msg_type: "stream", content: { name: "stdout", text: block["text"] }, metadata: {}, buffers: [] };
}

async function inline(
  { files }: PayloadParts,
  of: { links: Record<string, unknown>; data: Record<string, unknown>; computation: string },
): Promise<void> {
  let left: number = bounds.payloadBytesMax;
  for (const [mime, link] of Object.entries(of.links)) {
    if (!isObject(link) || typeof link["path"] !== "string" || typeof link["size"] !== "number") continue;
    const { path, size } = link;
    const bytes = size <= left ? await fetched(files, { id: of.computation, path, size }) : undefined;
    if (bytes) {
      left -= bytes.length;
      of.data[mime] = payload(mime, bytes);
    } else of.data["text/plain"] ??= "";
    if (!bytes && of.data["text/plain"] === "")
      of.data["text/plain"] = `[${mime}, ${size} bytes: /files/${of.computation}/${path}]`;
  }
}

/** Undefined where it cannot be had, or is not what it was said to be. */
async function fetched(files: FilesReader, of: { id: string; path: string; size: number }): Promise<Buffer | undefined> {
  const late = AbortSignal.timeout(bounds.payloadMs);
  try {
    const response = await files.fetch(of.id, of.path, {});
    if (response.status !== 200 || !response.body) {
      await response.body?.cancel();
      return undefined;
    }
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of response.body) {
      size += piece.length;
      if (size > of.size || late.aborted) return undefined;
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  } catch {
    return undefined;
  }
}

const isBinary = (mime: string): boolean => /^(image|audio|video)\/(?!svg)|^application\/(pdf|octet-stream)/.test(mime);
const isJson = (mime: string): boolean => /^application\/(.*\+)?json$/.test(mime);

function payload(mime: string, bytes: Buffer): unknown {
  if (isBinary(mime)) return bytes.toString("base64");
  const text = bytes.toString();
  if (!isJson(mime)) return text;
  try {
    const { value } = JSON.parse(text) as { value: unknown };
    return value;
  } catch {
    return text;
  }
}

/** A whole document (a 3-D scene) has a frame of its own, and takes three.js from where the page's frames take it. */
function framed(html: string, frameOrigin: string): string {
  if (!/^\s*(<!doctype html|<html)/i.test(html)) return html;
  const absolute = html.replaceAll('src="/threejs/', `src="${frameOrigin}/threejs/`);
  const escaped = absolute.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  return `<iframe srcdoc="${escaped}" sandbox="allow-scripts" width="100%" height="400" style="border: 0"></iframe>`;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
