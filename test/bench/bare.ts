/** The bare native fork that the system is compared with, in the kernel's own root, outside any sandbox; next: load.ts. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openAccount } from "#test/bench/accounts.ts";

export type Bare = {
  startMs: number;
  /** ms to each end: `count` one after the other, or all at once if negative; CPU of all of it in ms. */
  run: (count: number, code: string) => Promise<{ times: number[]; cpuMs: number }>;
  stop: () => Promise<void>;
};

export async function startBare(root: string): Promise<Bare> {
  const account = openAccount("bare");
  const script = readFileSync(join(import.meta.dirname, "bare_fork.py"), "utf8");
  // A mount namespace of its own, so that nothing of this is left mounted.
  const inside = `mount -t proc proc '${root}/proc' && mount --bind /dev '${root}/dev' && mount -t tmpfs tmpfs '${root}/tmp' && exec chroot --userspec=65534:65534 '${root}' /usr/bin/python3 -c "$0"`;
  const [command, args] = account.enter(["unshare", "-m", "--propagation", "private", "/bin/sh", "-c", inside, script]);
  const started = performance.now();
  const child: ChildProcess = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  if (!child.stdout || !child.stdin) throw new Error("no pipes");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.value !== "ready") throw new Error("the bare Sage did not start");
  const startMs = performance.now() - started;
  return {
    startMs,
    run: async (count, code) => {
      const before = account.cpuMs();
      child.stdin?.write(`${JSON.stringify([count, code])}\n`);
      const line = await lines.next();
      return { times: JSON.parse(String(line.value)) as number[], cpuMs: account.cpuMs() - before };
    },
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", () => {
          account.close();
          resolve();
        });
        child.stdin?.end();
      }),
  };
}
