/** A comm's data that was too big for one message, put together again; next: sagecell-interacts.ts and jupyter-payloads.ts. */

const charsMax = 16 * 1024 * 1024;
const commsMax = 100;

export class CommPieces {
  /** By comm; the newest set of pieces counts. */
  readonly #kept = new Map<string, string[]>();

  /** `{ method: "piece", piece, pieces, text }`: the data is JSON cut into texts, piece 1 first. Undefined until the last one came. */
  join(id: string, data: Record<string, unknown>): Record<string, unknown> | undefined {
    if (data["method"] !== "piece") return data;
    const { piece, pieces, text } = data;
    if (piece === 1 && this.#kept.size < commsMax) this.#kept.set(id, []);
    const texts = this.#kept.get(id);
    if (!texts || texts.length + 1 !== piece || typeof text !== "string") return undefined;
    texts.push(text);
    if (texts.reduce((sum, one) => sum + one.length, 0) > charsMax) this.#kept.delete(id);
    if (piece !== pieces) return undefined;
    this.#kept.delete(id);
    try {
      const whole: unknown = JSON.parse(texts.join(""));
      return typeof whole === "object" && whole !== null ? (whole as Record<string, unknown>) : undefined;
    } catch {
      return undefined;
    }
  }
}
