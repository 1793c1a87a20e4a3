/** The attacks where no wall is: a plain Python on this machine, held by nothing but what keeps the machine safe; next: bare-attacks.test.ts. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const GiB = 1024 ** 3;
const machineSafety = ["prlimit", `--as=${12 * GiB}`, "--cpu=20", `--fsize=${GiB / 2}`, "--nofile=4096", "--"];
const saidBytesMax = 64 * 1024;
const endMsMax = 20_000;

type Said = { text: string; ended: boolean };

/** What it said in the end (the last 64 KiB) and whether it ended by itself in `ms`; then nothing of it is left. */
export const runBare = async (code: string, ms = endMsMax, wrapper: readonly string[] = []): Promise<Said> => {
  const folder = mkdtempSync(join(tmpdir(), "sandcell-bare-"));
  const [program = "", ...args] = [...wrapper, ...machineSafety, "python3", "-I", "-c", code];
  const child = spawn(program, args, { cwd: folder, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  const hear = (chunk: Buffer) => {
    text = (text + chunk.toString("utf8")).slice(-saidBytesMax);
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  try {
    const ended = await new Promise<boolean>((resolve, reject) => {
      const timer = setTimeout(() => resolve(false), ms);
      child.once("error", reject);
      child.once("close", () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
    return { text, ended };
  } finally {
    killGroup(child.pid);
    rmSync(folder, { recursive: true, force: true });
  }
};

/** It and what it began: all are in the session that was made for it. */
const killGroup = (pid: number | undefined) => {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // nobody is left
  }
};

/**
 * Computations one after the other in one process, as a service without walls would run them. Whatever they start ends with it: it
 * has process ids of its own, where nobody but they is.
 */
export const runBareInOne = (codes: readonly string[]): Promise<Said> =>
  runBare(codes.map((code) => `exec(${JSON.stringify(code)}, {})`).join("\n"), endMsMax, [
    "unshare",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
  ]);
