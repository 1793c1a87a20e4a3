/** Checkpoints of a warm kernel, kept in the cache by what they are made of; next: gvisor-sandboxes.ts. */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

/** 330 MB each with Sage: what was used least lately goes first; a system that loses its own warms kernels up by itself. */
const keptMax = 4;
/** An unfinished one of a start that was killed. */
const unfinishedMs = 3600 * 1000;

/** CPU features as the kernel names them: an image goes on only where they are all there. */
const cpuFeatures = () => /^flags\s*:\s*(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "";

/** Every file of a folder with its content, but tests: an edited kernel is another kernel. */
export const folderDigest = (path: string): string => {
  const digest = createHash("sha256");
  const names = readdirSync(path, { recursive: true, encoding: "utf8" }).filter(
    (name) => !/(^|\/)(__pycache__|tests)(\/|$)/.test(name),
  );
  for (const name of names.sort()) {
    if (!statSync(join(path, name)).isFile()) continue;
    digest
      .update(`${name}\0`)
      .update(readFileSync(join(path, name)))
      .update("\0");
  }
  return digest.digest("hex");
};

export const checkpointKey = (...parts: string[]): string =>
  createHash("sha256")
    .update(JSON.stringify([cpuFeatures(), ...parts]))
    .digest("hex")
    .slice(0, 24);

export type CheckpointStore = {
  /** Where it is, if there is one: runsc's image, and the frame in which the kernel said that it is ready. */
  find: () => { imagePath: string; readyFramePath: string } | undefined;
  /** `makeImage` writes into a folder of its own: what is not finished is never seen. */
  make: (readyFrame: Buffer, makeImage: (imagePath: string) => Promise<void>) => Promise<void>;
  remove: () => void;
};

export const openCheckpoints = (cachePath: string, key: string): CheckpointStore => {
  const parent = join(cachePath, "checkpoint");
  const path = join(parent, key);
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  return {
    find: () => {
      const found = { imagePath: join(path, "image"), readyFramePath: join(path, "ready.frame") };
      if (!existsSync(join(found.imagePath, "checkpoint.img"))) return undefined;
      utimesSync(path, new Date(), new Date());
      return found;
    },
    make: async (readyFrame, makeImage) => {
      const unfinished = `${path}.${process.pid}`;
      rmSync(unfinished, { recursive: true, force: true });
      mkdirSync(unfinished, { mode: 0o700 });
      try {
        writeFileSync(join(unfinished, "ready.frame"), readyFrame);
        await makeImage(join(unfinished, "image"));
        rmSync(path, { recursive: true, force: true });
        renameSync(unfinished, path);
      } finally {
        rmSync(unfinished, { recursive: true, force: true });
      }
      forgetOld(parent);
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
};

const forgetOld = (parent: string): void => {
  const all = readdirSync(parent).map((name) => ({
    path: join(parent, name),
    at: statSync(join(parent, name)).mtimeMs,
    whole: !name.includes("."),
  }));
  const whole = all.filter((one) => one.whole).sort((a, b) => b.at - a.at);
  const broken = all.filter((one) => !one.whole && Date.now() - one.at > unfinishedMs);
  for (const { path } of [...whole.slice(keptMax), ...broken]) rmSync(path, { recursive: true, force: true });
};
