/** The agent: the process beside a kernel that alone holds its NATS credential; next: serve.ts. */
import { bounds } from "#agent/bounds.ts";
import { Desk } from "#agent/desk.ts";
import { connectKernel, Kernel, spawnKernel } from "#agent/kernel.ts";
import { memoryWall } from "#agent/memory-wall.ts";
import { Server } from "#agent/serve.ts";
import { agentSettings } from "#agent/settings.ts";
import { warmFile } from "#agent/warm-file.ts";
import { makeLog } from "#service/log.ts";
import { connectNats } from "#service/nats.ts";
import { readSettings } from "#service/settings.ts";

const settings = readSettings(agentSettings);
const log = makeLog("agent", settings.logLevel).child({ kernel: settings.kernel });
const channel = settings.kernelCommand
  ? spawnKernel(settings.kernelCommand, log)
  : await connectKernel(settings.kernelSocket, settings.kernelStartSeconds * 1000, log);
const kernel = new Kernel(channel);
const killedByMemory = memoryWall(settings.memoryEventsPath);
const nats = await connectNats({
  url: settings.natsUrl,
  credentialFile: settings.natsCredentialFile,
  tokenFile: settings.natsTokenFile,
  name: `agent ${settings.kernel}`,
  log,
});
const server = new Server({ nats, kernel: settings.kernel, pool: settings.pool, log });
const sayWarm = warmFile(settings.warmFile);
const desk = new Desk({
  kernel,
  log,
  outlet: server.outlet,
  changed: () => {
    server.status();
    if (desk.ready) sayWarm();
  },
  killedByMemory,
  spoolDirectory: settings.spoolDirectory,
  startMs: settings.kernelStartSeconds * 1000,
  computationsMax: settings.computationsMax,
  lifetimeMs: settings.lifetimeMinutes * 60_000,
  sessionIdleMs: settings.sessionIdleSeconds * 1000,
});

/** Nobody is left to whom anything could be said. */
const giveUp = (why: string): never => {
  log.error({ why }, "giving up");
  channel.kill();
  process.exit(1);
};
const parentGone = () => giveUp("the starter is gone");
if (settings.exitWithParent) process.stdin.on("end", parentGone).on("error", parentGone).resume();
process.on("SIGTERM", () => desk.leave()).on("SIGINT", () => desk.leave());

server.attend(desk);
kernel
  .read((frame) => desk.handle(frame))
  .then(
    (words) => desk.kernelGone(undefined, words),
    (fault) => desk.kernelGone(fault, String(fault)),
  );
let over = false;
void nats.closed().then(() => over || giveUp("the connection to NATS is closed for good"));

const code = await desk.finished;
over = true;
await server.close();
await kernel.close(code === 0 ? bounds.closeMs : 0);
process.exit(code);
