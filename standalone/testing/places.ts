/** Where tests find what the installer brought: the paths the starter would hand over; next: running.ts. */
import { existsSync, globSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const { env } = process;
const cachePath = env["SANDCELL_CACHE"] ?? join(homedir(), ".cache/sandcell");

/** The newest of what matches in the cache; throws, in words, when nothing does. */
const cached = (pattern: string): string => {
  const found = globSync(join(cachePath, pattern))
    .filter((path) => existsSync(path))
    .sort()
    .at(-1);
  if (found === undefined) throw new Error(`${pattern} is not in ${cachePath}: npm start -- --install-only brings it`);
  return found;
};

export const places = () => ({
  cachePath,
  natsServerPath: env["SANDCELL_NATS_SERVER_PATH"] ?? cached("bin/nats-server-*"),
  runscPath: env["SANDCELL_RUNSC_PATH"] ?? cached("bin/runsc-*"),
  kernelRootPath: env["SANDCELL_KERNEL_ROOT_PATH"] ?? cached("kernel/*/rootfs"),
});
/** A kernel that only says ready and answers pings: for what a supervisor does, Sage need not warm up. */
export const smallKernelPath = join(import.meta.dirname, "small-kernel");
