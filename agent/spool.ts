/** One file in transit: its bytes in memory, or on disk once they are many, with their digest; next: files.ts. */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { bounds } from "#agent/bounds.ts";

export class Spool {
  size = 0;
  readonly #hash = createHash("sha256");
  readonly #directory: string;
  #chunks: Buffer[] = [];
  #file: { path: string; handle: FileHandle } | undefined;
  #digest: string | undefined;

  /** `directory`: the agent's own, where nobody else writes. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  async write(chunk: Buffer): Promise<void> {
    this.size += chunk.length;
    this.#hash.update(chunk);
    if (!this.#file && this.size > bounds.spoolMemoryBytes) {
      const path = join(this.#directory, `spool-${randomUUID()}`);
      this.#file = { path, handle: await open(path, "wx", 0o600) };
      for (const held of this.#chunks.splice(0)) await this.#file.handle.write(held);
    }
    // A copy: the chunk is a view of a buffer in which frames are cut.
    if (this.#file) await this.#file.handle.write(chunk);
    else this.#chunks.push(Buffer.from(chunk));
  }

  /** Hex SHA-256 of all that was written; nothing may be written after it. */
  sha256(): string {
    this.#digest ??= this.#hash.digest("hex");
    return this.#digest;
  }

  /** All of it, where it is in memory. */
  bytes(): Buffer | undefined {
    return this.#file ? undefined : this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
  }

  /** May be read again and again, for another attempt. */
  read(): Readable {
    if (this.#file) return createReadStream(this.#file.path);
    return Readable.from(this.#chunks, { objectMode: false });
  }

  async remove(): Promise<void> {
    this.#chunks = [];
    const file = this.#file;
    this.#file = undefined;
    if (!file) return;
    await file.handle.close();
    await unlink(file.path);
  }
}
