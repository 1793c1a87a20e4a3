/** Links that hold their code in the fragment, which never reaches a server; next: page.ts. */

/** Longer links break in mail and chat. */
export const linkCharsMax = 30_000;
const codeCharsMax = 200_000;

/** Plain where that is as short, else deflated: `#code=factor(12)` or `#code=~q1YqSy0q...`. */
export async function linkFragment(code: string): Promise<string> {
  const plain = encodeURIComponent(code).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  if (plain.length <= 80 && !code.startsWith("~")) return `#code=${plain}`;
  return `#code=~${base64url(await through(new TextEncoder().encode(code), new CompressionStream("deflate-raw")))}`;
}

/** The code in a fragment; undefined if there is none that can be read. */
export async function codeInFragment(fragment: string): Promise<string | undefined> {
  const value = /^#code=(.*)$/s.exec(fragment)?.[1];
  if (value === undefined || value === "") return undefined;
  try {
    if (!value.startsWith("~")) return decodeURIComponent(value);
    return await unpackedText(value.slice(1), "deflate-raw");
  } catch {
    return undefined;
  }
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
    if (size > codeCharsMax) throw new Error("too long");
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
