/** The gateway's side of the filestore: grants, input files in, output files out; next: archiver.ts. */

import { createHash } from "node:crypto";
import type { z } from "zod";
import type { Entry } from "#gateway/book.ts";
import type { FilesReader } from "#gateway/core.ts";
import type { FileEntry } from "#protocol/computation.ts";
import type { uploadGrant } from "#protocol/exec.ts";
import { Failure } from "#protocol/failures.ts";
import { computationFilesUrl, fileUrl, type GrantClaims, sha256Header } from "#protocol/files.ts";
import { makeGrant } from "#service/file-grants.ts";

const storeMsMax = 20_000;
const minuteMs = 60_000;

export class Files implements FilesReader {
  readonly #url: string;
  readonly #secret: string;
  readonly #now: () => number;

  constructor(options: { url: string; secret: string; now: () => number }) {
    this.#url = options.url;
    this.#secret = options.secret;
    this.#now = options.now;
  }

  /** What the agent of an assigned computation may do: read its inputs, store its outputs, until its last moment. */
  grant(entry: Entry): z.infer<typeof uploadGrant> {
    const { computation } = entry.request;
    const expiresAt = (entry.assigned?.endBy ?? this.#now()) + minuteMs;
    return {
      url: this.#url,
      token: this.#token({ ...this.#caps(computation.id, "out"), ...outCaps(computation.limits), expiresAt }),
    };
  }

  /** Stores the input files; what fails is told as `unavailable`, before anything was accepted. */
  async putInputs(id: string, files: { path: string; data: Uint8Array }[]): Promise<FileEntry[]> {
    const bytesMax = files.reduce((sum, file) => sum + file.data.length, 0);
    const token = this.#token({ ...this.#caps(id, "in"), filesMax: files.length, bytesMax });
    return Promise.all(
      files.map(async ({ path, data }) => {
        const sha256 = createHash("sha256").update(data).digest("hex");
        const response = await this.#ask(fileUrl(this.#url, id, "in", path), {
          method: "PUT",
          headers: { authorization: `Bearer ${token}`, [sha256Header]: sha256 },
          body: Buffer.from(data),
        });
        await response.arrayBuffer();
        if (!response.ok) throw new Failure("unavailable", { detail: "The input files could not be stored." });
        return { path, size: data.length, sha256 };
      }),
    );
  }

  fetch(id: string, path: string, headers: Record<string, string>): Promise<Response> {
    return this.#ask(fileUrl(this.#url, id, "out", path), { headers });
  }

  /** Removes every file of a computation; again is harmless. */
  async remove(id: string): Promise<void> {
    const token = this.#token({ ...this.#caps(id, "manage"), filesMax: 0, bytesMax: 0 });
    const response = await this.#ask(computationFilesUrl(this.#url, id), {
      method: "DELETE",
      headers: { authorization: `Bearer ${token}` },
    });
    await response.arrayBuffer();
    if (!response.ok && response.status !== 404) throw new Failure("unavailable", { detail: "Files could not be removed." });
  }

  #caps(computation: string, right: GrantClaims["right"]) {
    return { computation, right, expiresAt: this.#now() + minuteMs };
  }
  #token(claims: GrantClaims): string {
    return makeGrant(this.#secret, claims);
  }

  async #ask(url: string, request: RequestInit): Promise<Response> {
    // A filestore that is being restarted is back within a second or two: worth one more try, not a failure.
    for (let tries = 1; ; tries++) {
      // Times the answer's head only: its body goes at the reader's pace.
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), storeMsMax);
      try {
        return await fetch(url, { ...request, signal: late.signal });
      } catch (cause) {
        if (tries === 3) throw new Failure("unavailable", { detail: "The filestore does not answer.", cause });
        await new Promise((resolve) => setTimeout(resolve, 300 * tries));
      } finally {
        clearTimeout(timer);
      }
    }
  }
}

const outCaps = (limits: { uploadFiles: number; uploadBytes: number; outputMessages: number; outputBytes: number }) => ({
  // Large payloads of messages leave as files too; they count as output.
  filesMax: limits.uploadFiles + limits.outputMessages,
  bytesMax: limits.uploadBytes + limits.outputBytes,
});
