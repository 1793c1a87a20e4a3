/** The whole system on this machine with kernels that only echo, as a process to be measured; next: processes.ts. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const startMsMax = 120_000;

export type EchoSystem = { pid: number; url: string; stop: () => Promise<void> };

/** Resolves when every kernel is there. Settings are those of the environment. */
export async function startEchoSystem(agents: number): Promise<EchoSystem> {
  const folder = mkdtempSync(join(tmpdir(), "sandcell-load-"));
  const main = join(import.meta.dirname, "../../standalone/main.ts");
  const options = ["--data", join(folder, "data"), "--port", "0", "--kernels", `echo:${agents}`];
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stop = async () => {
    const ended = new Promise((resolve) => (child.exitCode === null ? child.once("exit", resolve) : resolve(undefined)));
    child.kill("SIGINT");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return { pid: child.pid ?? 0, url: await answering(child, agents), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function answering(child: ChildProcess, agents: number): Promise<string> {
  let said = "";
  return new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the system did not start: ${said}`)), startMsMax);
    child.once("exit", () => reject(new Error(`the system ended: ${said}`)));
    child.stdout?.on("data", (chunk: Buffer) => {
      const text = chunk.toString();
      // What ends in the middle of a measurement makes it worthless.
      if (/ ended /.test(text)) process.stderr.write(text);
      said += text;
      const [, address] = /Sandcell answers at (\S+)/.exec(said) ?? [];
      if (!address || !said.includes(`kernel ${agents} of ${agents} is warm`)) return;
      clearTimeout(late);
      resolve(address);
    });
  });
}
