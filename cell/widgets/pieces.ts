/** A comm's data that was too big for one message, put together again; next: buffers.ts. */
import { recordOf, textOf } from "../output/content.ts";

/** By comm; the newest set of pieces counts. */
export type Pieces = Map<string, string[]>;

const charsMax = 16 * 1024 * 1024;

/** `{ method: "piece", piece, pieces, text }`: the data is JSON cut into texts, piece 1 first. Undefined until the last one came. */
export function joinPieces(
  kept: Pieces,
  id: string,
  data: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | undefined {
  if (data.method !== "piece") return data;
  const { piece, pieces } = data;
  if (piece === 1) kept.set(id, []);
  const texts = kept.get(id);
  if (!texts || texts.length + 1 !== piece) return undefined;
  texts.push(textOf(data.text));
  if (texts.reduce((sum, text) => sum + text.length, 0) > charsMax) kept.delete(id);
  if (piece !== pieces) return undefined;
  kept.delete(id);
  try {
    return recordOf(JSON.parse(texts.join("")));
  } catch {
    return undefined;
  }
}
