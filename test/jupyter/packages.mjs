// The Python packages of a Jupyter client, for the test that runs a notebook against the live system. Next: run_notebook.py.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "../../standalone/install/lock.mjs";
import { cachePath, makeWhole, quiet } from "../../standalone/install/places.mjs";
import { run } from "../../standalone/install/programs.mjs";
import { ensurePip } from "../../standalone/install/python-tools.mjs";

const lockPath = join(dirname(fileURLToPath(import.meta.url)), "requirements.lock");

/** Returns a folder for PYTHONPATH, filled when it is not there. */
export const ensureJupyterPackages = async (progress = quiet) => {
  const key = createHash("sha256").update(readFileSync(lockPath)).digest("hex").slice(0, 12);
  const path = join(cachePath(), `jupyter-${key}`);
  if (existsSync(path)) return path;
  await ensurePip(progress);
  await withLock(path, async () => {
    if (existsSync(path)) return;
    const options = ["-q", "--no-deps", "--only-binary", ":all:", "--no-compile", "--disable-pip-version-check"];
    const env = { ...process.env, PIP_ROOT_USER_ACTION: "ignore", PIP_BREAK_SYSTEM_PACKAGES: "1" };
    await makeWhole(path, async (part) => {
      progress.say("fetching jupyter_server and nbclient");
      await run(["python3", "-m", "pip", "install", ...options, "--target", part, "-r", lockPath], { env });
    });
    progress.made(0);
  });
  return path;
};
