/** Requests at the least cost, so that the generator takes little of what it measures; next: computation.ts. */
import { Pool } from "undici";

export type Answer = { status: number; text: string };
export type Asked = {
  method: "GET" | "POST";
  path: string;
  headers: Record<string, string>;
  body?: string;
  /** Each piece of a good answer as it comes; without it the answer's text is collected. */
  onText?: (text: string) => void;
};

/** Connections to one server. Every request of a computation that is followed holds one, so there may be many. */
export class Connections {
  readonly #pool: Pool;

  constructor(url: string, connections = 2048) {
    this.#pool = new Pool(url, {
      connections,
      pipelining: 1,
      headersTimeout: 60_000,
      bodyTimeout: 60_000,
      keepAliveTimeout: 60_000,
    });
  }

  ask({ method, path, headers, body, onText }: Asked): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let status = 0;
      const chunks: Buffer[] = [];
      const decoder = onText ? new TextDecoder() : undefined;
      this.#pool.dispatch(
        { method, path, headers, body: body ?? null },
        {
          onRequestStart: () => undefined,
          onResponseStart: (_, statusCode) => {
            status = statusCode;
          },
          onResponseData: (_, chunk) => {
            if (decoder && onText && status === 200) onText(decoder.decode(chunk, { stream: true }));
            else chunks.push(chunk);
          },
          onResponseEnd: () => resolve({ status, text: Buffer.concat(chunks).toString() }),
          onResponseError: (_, error) => reject(error),
        },
      );
    });
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
