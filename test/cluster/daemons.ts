/** Processes that end with whoever started them, and waiting for what they are to bring about; next: control-plane.ts. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const logTailMax = 2000;
const stopMs = 10_000;
const lookAgainMs = 50;

export type Daemon = { name: string; process: ChildProcess; logPath: string };

const isRunning = ({ process }: Daemon) => process.exitCode === null && process.signalCode === null;
/** Whether a process of that number lives, ours or another user's. */
export const hasProcess = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** A folder of this process, by default below the system's temporary one; what killed processes left of theirs beside it is removed. */
export const ownFolder = (name: string, parent = tmpdir()): string => {
  const prefix = `sandcell-${name}-`;
  for (const found of readdirSync(parent)) {
    const [, pid] = found.startsWith(prefix) ? (/^(\d+)-/.exec(found.slice(prefix.length)) ?? []) : [];
    if (pid && !hasProcess(Number(pid))) rmSync(join(parent, found), { recursive: true, force: true });
  }
  return mkdtempSync(join(parent, `${prefix}${process.pid}-`));
};

/** Starts a command; its output goes to FOLDER/NAME.log. It is killed when this process ends, however that ends. */
export const startDaemon = (
  name: string,
  command: readonly string[],
  { folder, env }: { folder: string; env?: object },
): Daemon => {
  const logPath = join(folder, `${name}.log`);
  const log = openSync(logPath, "a");
  const options = { env: { ...process.env, ...env }, stdio: ["ignore", log, log] as ["ignore", number, number] };
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", ...command], options);
  closeSync(log);
  child.once("error", () => {}); // it counts as ended: `until` says so
  return { name, process: child, logPath };
};

/** At once, as by the kernel of a machine that has no memory left. */
export const killDaemon = async ({ process }: Daemon): Promise<void> => {
  const ended = new Promise((resolve) => process.once("exit", resolve));
  process.kill("SIGKILL");
  await ended;
};

/** SIGTERM, and SIGKILL to what is still there after ten seconds; the last that was started goes first. */
export const stopDaemons = async (daemons: readonly Daemon[]): Promise<void> => {
  for (const daemon of daemons.toReversed()) {
    if (!isRunning(daemon) || daemon.process.pid === undefined) continue;
    await new Promise<void>((resolve) => {
      const late = setTimeout(() => daemon.process.kill("SIGKILL"), stopMs);
      daemon.process.once("exit", () => {
        clearTimeout(late);
        resolve();
      });
      daemon.process.kill("SIGTERM");
    });
  }
};

/**
 * Asks again and again until the answer is true. Throws, with the last words of whoever ended, when one of `daemons` has ended, and
 * with the last words of all when it takes longer than `ms`.
 */
export const until = async (
  what: string,
  isSo: () => boolean | Promise<boolean>,
  { ms, daemons = [] }: { ms: number; daemons?: readonly Daemon[] },
): Promise<void> => {
  const lastWords = (of: readonly Daemon[]) =>
    of.map(({ name, logPath }) => `\n${name}:\n${readFileSync(logPath, "utf8").slice(-logTailMax)}`).join("");
  for (const deadline = Date.now() + ms; !(await isSo()); ) {
    const ended = daemons.filter((daemon) => !isRunning(daemon));
    if (ended.length > 0) throw new Error(`no ${what}: ended too early${lastWords(ended)}`);
    if (Date.now() > deadline) throw new Error(`no ${what} within ${ms / 1000} s${lastWords(daemons)}`);
    await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
  }
};
