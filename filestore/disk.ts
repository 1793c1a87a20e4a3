/**
 * Blobs as files, so that nginx can serve them without us; next: keep.ts (how they come by their names).
 *
 *     <root>/<last two characters of cid>/<cid>/out/a.csv
 *     <root>/.sandcell-uploads/<random>       unfinished (keep.ts)
 */
import { randomUUID } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir, realpath, rm, stat, statfs, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { type BlobName, type Blobs, notFound, storageFull, uploadMsMax } from "#filestore/blobs.ts";
import { codeOf } from "#filestore/keep.ts";
import { Keepers } from "#filestore/keepers.ts";
import { Failure } from "#protocol/failures.ts";

export type DiskOptions = {
  root: string;
  /** Below so much free space nothing is taken: ledger and archive may live on the same disk. */
  freeBytesMin: number;
};

const listedMax = 100_000;
const spaceMs = 1_000;
/** Up to here a file is held in memory until it is whole: with all uploads that there may be, some MiB. */
const smallBytesMax = 128 * 1024;

/** Makes the folders that are missing and removes what earlier lives left unfinished. */
export async function openDisk({ root: given, freeBytesMin }: DiskOptions): Promise<Blobs> {
  await mkdir(join(given, ".sandcell-uploads"), { recursive: true, mode: 0o755 });
  const root = await realpath(given);
  const uploads = join(root, ".sandcell-uploads");
  const keepers = new Keepers();
  await removeLeftovers(uploads);

  const folder = (computation: string) => join(root, computation.slice(-2), computation);
  const place = ({ computation, name }: BlobName) => join(folder(computation), name);

  /** `look` at the blob's file; undefined when it is not there. Only we write here; still, a link planted in the store is not followed. */
  async function found<T>(blob: BlobName, look: (file: string) => Promise<T>): Promise<T | undefined> {
    const file = place(blob);
    try {
      return (await realpath(file)) === file ? await look(file) : undefined;
    } catch (error) {
      if (["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "ENXIO"].includes(codeOf(error))) return undefined;
      throw error;
    }
  }

  let spaceAt = Number.NEGATIVE_INFINITY;
  let freeBytes = 0;
  /** Asked once a second, not for every file: `freeBytesMin` is far more than a second's files. */
  async function refuseWithoutSpace(): Promise<void> {
    if (performance.now() - spaceAt > spaceMs || freeBytes < freeBytesMin) {
      const space = await statfs(root);
      freeBytes = space.bavail * space.bsize;
      spaceAt = performance.now();
    }
    if (freeBytes < freeBytesMin) throw storageFull();
  }

  return {
    async put(blob, source) {
      await refuseWithoutSpace();
      const unfinished = join(uploads, randomUUID());
      try {
        const bytes = await gather(unfinished, source);
        const kept = await keepers.keep({ unfinished, file: place(blob), root, bytes });
        if (kept === "astray") throw new Failure("forbidden");
        if (typeof kept === "object") throw Object.assign(new Error(kept.message), { code: kept.code });
        return kept === "kept";
      } catch (error) {
        await unlink(unfinished).catch(() => undefined); // it may never have been made
        throw ["ENOSPC", "EDQUOT"].includes(codeOf(error)) ? storageFull(error) : error;
      }
    },
    async find(blob) {
      const facts = await found(blob, (file) => lstat(file));
      return facts?.isFile() ? { size: facts.size, modifiedMs: facts.mtimeMs } : undefined;
    },
    async read(blob, range): Promise<Readable> {
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      const handle = await found(blob, (file) => open(file, flags));
      if (!handle) throw notFound();
      return handle.createReadStream({ ...range, highWaterMark: 256 * 1024 });
    },
    async list(computation) {
      // Asked before a computation's first upload: most have nothing yet, and this costs no thread's turn.
      if (!existsSync(folder(computation))) return [];
      const found: { name: string; size: number }[] = [];
      const walk = async (prefix: string): Promise<void> => {
        const entries = await entriesOf(join(folder(computation), prefix));
        const named = entries.map((entry) => ({ entry, name: prefix === "" ? entry.name : `${prefix}/${entry.name}` }));
        const files = named.filter(({ entry }) => entry.isFile());
        if (found.length + files.length > listedMax) throw new Failure("tooLarge", { detail: "Too many files to list." });
        const facts = await Promise.all(files.map(({ name }) => lstat(place({ computation, name }))));
        found.push(...files.map(({ name }, i) => ({ name, size: facts[i]?.size ?? 0 })));
        for (const { entry, name } of named) if (entry.isDirectory()) await walk(name);
      };
      await walk("");
      return found.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async delete(computation) {
      await rm(folder(computation), { recursive: true, force: true });
    },
    close: () => keepers.close(),
  };
}

/** A small file's bytes; a larger one is written to `file` as it comes, and undefined. */
async function gather(file: string, source: AsyncIterable<Buffer>): Promise<Buffer | undefined> {
  const small: Buffer[] = [];
  let bytes = 0;
  let handle: FileHandle | undefined;
  try {
    for await (const chunk of source) {
      bytes += chunk.length;
      if (!handle) small.push(chunk);
      if (bytes <= smallBytesMax) continue;
      handle ??= await open(file, "wx", 0o644);
      for (const each of small.length > 0 ? small.splice(0) : [chunk])
        for (let done = 0; done < each.length; ) done += (await handle.write(each, done)).bytesWritten;
    }
  } finally {
    await handle?.close();
  }
  return handle ? undefined : Buffer.concat(small);
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return [];
    throw error;
  }
}

async function removeLeftovers(uploads: string): Promise<void> {
  for (const name of await readdir(uploads)) {
    const file = join(uploads, name);
    const facts = await stat(file).catch(() => undefined); // another filestore's upload may just have ended
    if (facts && Date.now() - facts.mtimeMs > uploadMsMax) await unlink(file).catch(() => undefined);
  }
}
