/** Links that hold their code in the fragment, which never reaches a server; next: share-panel.ts. */
import type { SavedControls } from "./saved-controls.ts";

/** Longer links break in mail and chat. */
export const linkCharsMax = 30_000;
const charsMax = 200_000;

export interface Shared {
  readonly code: string;
  /** Undefined: Sage. */
  readonly language?: string;
  /** Where an interact's controls stood. */
  readonly controls?: SavedControls;
}

/** Plain where that is as short, else deflated: `#code=factor(12)` or `#code=~q1YqSy0q...`, `&language=python`, and `&controls=` as the code. */
export async function linkFragment({ code, language, controls }: Shared): Promise<string> {
  const spoken = language === undefined ? "" : `&language=${encodeURIComponent(language)}`;
  const more = controls && controls.length > 0 ? `&controls=${await packed(JSON.stringify(controls))}` : "";
  return `#code=${await packed(code)}${spoken}${more}`;
}

/** What is in a fragment; undefined if there is nothing that can be read. */
export async function inFragment(fragment: string): Promise<Shared | undefined> {
  const [, code, language, controls] = /^#code=([^&]+)(?:&language=([\w-]+))?(?:&controls=([^&]+))?$/s.exec(fragment) ?? [];
  if (code === undefined) return undefined;
  try {
    const saved: unknown = controls === undefined ? undefined : JSON.parse(await unpacked(controls));
    return { code: await unpacked(code), ...(language && { language }), ...(Array.isArray(saved) && { controls: saved }) };
  } catch {
    return undefined;
  }
}

/** The lines that put the code into anybody's page. */
export function embedLines(server: string, code: string, language?: string): string {
  const spoken = language === undefined ? "" : ` language="${language.replace(/[^\w-]/g, "")}"`;
  const text = code.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  return `<script type="module" src="${server}/cell.js"></script>\n<sage-cell${spoken}><pre>${text}</pre></sage-cell>`;
}

/** The same where pages may hold no scripts: a frame of the server's own page. */
export function embedFrame(server: string, fragment: string): string {
  return `<iframe src="${server}/embed${fragment}" title="SageMath" width="100%" height="400" style="border: 0"></iframe>`;
}

async function packed(text: string): Promise<string> {
  const plain = encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  if (plain.length <= 80 && !text.startsWith("~")) return plain;
  return `~${base64url(await through(new TextEncoder().encode(text), new CompressionStream("deflate-raw")))}`;
}

async function unpacked(value: string): Promise<string> {
  if (!value.startsWith("~")) return decodeURIComponent(value);
  return unpackedText(value.slice(1), "deflate-raw");
}

/** Rejects what is not packed so, no text, or too long. */
export async function unpackedText(packed: string, format: CompressionFormat): Promise<string> {
  const bytes = await through(fromBase64url(packed.replace(/=+$/, "")), new DecompressionStream(format));
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = new Blob([bytes])
    .stream()
    .pipeThrough(stream as ReadableWritablePair<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>)
    .getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    // A short link can unpack to gigabytes.
    if (size > charsMax) throw new Error("too long");
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function base64url(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
}
