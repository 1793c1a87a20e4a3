/** The same system on one machine: what start.mjs goes on with under Node 24; next: command-line.ts. */
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { commonSettings, readSettings } from "#service/settings.ts";
import { readCommandLine } from "#standalone/command-line.ts";
import { StartRefused } from "#standalone/data-folder.ts";
import { systemOptions } from "#standalone/options-of-system.ts";
import { startSystem } from "#standalone/system.ts";

const settings = z.object({
  logLevel: commonSettings.logLevel,
  natsServerPath: z.string().describe("the nats-server to start, 2.15 or later"),
  runscPath: z.string().default("runsc").describe("gVisor's runsc, of August 2026 or later"),
  kernelRootPath: z.string().describe("the kernel's root file system"),
  kernelCodePath: z.string().optional().describe("the kernel's Python, when not the one beside this"),
  cache: z.string().default(join(homedir(), ".cache/sandcell")).describe("where checkpoints are kept"),
});

const tell = (line: string) => console.log(`  ${line}`);
const interrupt = new AbortController();
let stop: (() => Promise<void>) | undefined;

/** The first time in order; a second Ctrl-C does not wait: whatever is left dies with us and is cleared away at the next start. */
const onSignal = () => {
  if (interrupt.signal.aborted) process.exit(130);
  interrupt.abort();
  if (stop === undefined) return;
  tell("stopping (Ctrl-C again: at once) …");
  void stop().then(() => {
    tell("stopped");
    process.exit(0);
  });
};
process.on("SIGINT", onSignal).on("SIGTERM", onSignal);

try {
  const { cache, logLevel, ...paths } = readSettings(settings);
  const given = readCommandLine(process.argv.slice(2));
  const options = systemOptions({ ...given, ...paths, cachePath: cache, logLevel, tell, signal: interrupt.signal });
  if (options.unsafeWithoutGvisor)
    console.error(
      "\n  !!! UNSAFE: without gVisor, code runs on this machine's own kernel, as nobody. Let no stranger reach it. !!!\n",
    );
  if (options.echo)
    console.error(
      "\n  !!! ECHO: these kernels compute NOTHING. They answer every code alike, for load tests of everything else. !!!\n",
    );
  const system = await startSystem(options);
  stop = system.stop;
  console.log(`\nSandcell answers at ${system.url}\n`);
} catch (error) {
  const known = error instanceof StartRefused || (error as Error).name === "SettingsError";
  console.error(`\n${known ? (error as Error).message : ((error as Error).stack ?? error)}`);
  process.exit(1);
}
