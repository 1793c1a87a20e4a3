/**
 * Blobs as files, so that nginx can serve them without us; next: uploads.ts.
 *
 *     <root>/<last two characters of cid>/<cid>/out/a.csv
 *     <root>/.sandcell-uploads/<random>       unfinished: written, synced, then linked to its name, which fails if the name is taken
 */
import { randomUUID } from "node:crypto";
import { closeSync, constants, existsSync, fsync, openSync } from "node:fs";
import { link, lstat, mkdir, open, readdir, realpath, rm, stat, statfs, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { type BlobName, type Blobs, notFound, storageFull, uploadMsMax } from "#filestore/blobs.ts";
import { Failure } from "#protocol/failures.ts";

export type DiskOptions = {
  root: string;
  /** Below so much free space nothing is taken: ledger and archive may live on the same disk. */
  freeBytesMin: number;
};

const listedMax = 100_000;
const spaceMs = 1_000;

/** Makes the folders that are missing and removes what earlier lives left unfinished. */
export async function openDisk({ root: given, freeBytesMin }: DiskOptions): Promise<Blobs> {
  await mkdir(join(given, ".sandcell-uploads"), { recursive: true, mode: 0o755 });
  const root = await realpath(given);
  const uploads = join(root, ".sandcell-uploads");
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
        await write(unfinished, source);
        return await giveName(unfinished, place(blob), root);
      } catch (error) {
        throw ["ENOSPC", "EDQUOT"].includes(codeOf(error)) ? storageFull(error) : error;
      } finally {
        await unlink(unfinished).catch(() => undefined); // it may never have been made
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
    async close() {},
  };
}

async function write(file: string, source: AsyncIterable<Buffer>): Promise<void> {
  const handle = await open(file, "wx", 0o644);
  try {
    for await (const chunk of source)
      for (let done = 0; done < chunk.length; ) done += (await handle.write(chunk, done)).bytesWritten;
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** `link`, unlike `rename`, never replaces: of two uploads one gets the name. */
async function giveName(unfinished: string, file: string, root: string): Promise<boolean> {
  const parent = dirname(file);
  try {
    const made = await mkdir(parent, { recursive: true, mode: 0o755 });
    if ((await realpath(parent)) !== parent) throw new Failure("forbidden");
    await link(unfinished, file);
    // A name lasts when its folder, and every folder that was new, is on disk.
    for (let each = parent; ; each = dirname(each)) {
      await syncFolder(each);
      if (each === root || made === undefined || each === dirname(made)) break;
    }
    return true;
  } catch (error) {
    // A file where a folder is needed, or the other way round: taken as well.
    if (["EEXIST", "ENOTDIR", "EISDIR"].includes(codeOf(error))) return false;
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Only the sync waits for the disk; opening and closing by themselves would cost a thread's turn each.
  const folderNumber = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await new Promise<void>((resolve, reject) => fsync(folderNumber, (error) => (error ? reject(error) : resolve())));
  } finally {
    closeSync(folderNumber);
  }
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

const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
