/** A whole system on one machine: started in order, kept alive, stopped in order; tests start it too; next: programs.ts. */
import { closeSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { PoolStatus } from "#operator/pool/decide.ts";
import { makeLog } from "#service/log.ts";
import { connectNats } from "#service/nats.ts";
import type { KernelProcess } from "#standalone/bundle.ts";
import {
  type DataFolder,
  keptSecret,
  lockDataFolder,
  openDataFolder,
  openLog,
  StartRefused,
  trimLogs,
} from "#standalone/data-folder.ts";
import { echoSandboxes, echoSocketPath } from "#standalone/echo/echo-sandboxes.ts";
import { gvisorSandboxes } from "#standalone/gvisor-sandboxes.ts";
import { watchLedger } from "#standalone/ledger-watch.ts";
import { RunRecord, sweepLeftovers } from "#standalone/leftovers.ts";
import { openMemoryWall } from "#standalone/memory-wall.ts";
import { setUpNats } from "#standalone/nats-setup.ts";
import type { SystemOptions } from "#standalone/options-of-system.ts";
import { startPoolService } from "#standalone/pool-service.ts";
import { portFor } from "#standalone/ports.ts";
import { Keeper, type Watch } from "#standalone/processes.ts";
import {
  agentProgram,
  echoProgram,
  filestoreProgram,
  gatewayProgram,
  natsProgram,
  natsUrl,
  type Ports,
  type Program,
  type Shared,
} from "#standalone/programs.ts";
import { acceptsConnections, answersHttp, waitUntil } from "#standalone/ready.ts";
import { RunscKernels } from "#standalone/runsc-kernels.ts";
import type { Sandboxes } from "#standalone/sandboxes.ts";
import { Stops } from "#standalone/stops.ts";
import { unsafeSandboxes } from "#standalone/unsafe-sandboxes.ts";

export type System = {
  /** Of the first gateway; `urls` of all. */
  url: string;
  urls: string[];
  metricsUrls: string[];
  natsUrl: string;
  /** A credential with the service's rights. */
  natsCredentialFile: string;
  dataPath: string;
  poolStatus: () => PoolStatus | undefined;
  /** What runs now: nats-server, filestore, gateway-1, …, and each kernel's agent under the kernel's id. */
  processes: () => { name: string; pid: number }[];
  /** All processes inside a kernel's sandbox wall. */
  kernelPids: (kernel: string) => number[];
  stop: () => Promise<void>;
};

const limits = { natsMs: 15_000, httpMs: 30_000, gatewayStopMs: 10_000, kernelsStopMs: 5_000, stopMs: 5_000, trimMs: 60_000 };

/** Resolves when it answers and a first kernel is warm. Throws StartRefused (in words) or what went wrong; then nothing is left. */
export const startSystem = async (options: SystemOptions): Promise<System> => {
  refuseWhatIsMissing(options);
  const stops = new Stops((error) => options.tell(`while stopping: ${(error as Error).message}`));
  const stop = () => stops.run();
  const cut = new Promise<never>((_, reject) => {
    const abort = () => reject(new StartRefused("The start was interrupted."));
    if (options.signal?.aborted) abort();
    options.signal?.addEventListener("abort", abort);
  });
  try {
    return { ...(await Promise.race([start(options, stops), cut])), stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const refuseWhatIsMissing = ({ natsServerPath, kernelRootPath, kernelCodePath, echo }: SystemOptions) => {
  const ofKernels = echo ? {} : { "the kernel's root": kernelRootPath, "the kernel's code": kernelCodePath };
  for (const [what, path] of Object.entries({ "nats-server": natsServerPath, ...ofKernels }))
    if (!existsSync(path)) throw new StartRefused(`There is no ${what} at ${path}: npm start installs it.`);
};

const kernelProcess = (treePath: string): KernelProcess =>
  JSON.parse(readFileSync(join(treePath, "kernel-image", "process.json"), "utf8")) as KernelProcess;

const choosePorts = async (options: SystemOptions): Promise<Ports> => {
  const free = () => portFor(0, "127.0.0.1", "port");
  const gateways: Ports["gateways"] = [];
  for (let i = 0; i < options.gateways; i++) {
    const first = i === 0;
    gateways.push({
      http: await portFor(first ? options.port : 0, options.host, "port"),
      frame: await portFor(first ? options.framePort : 0, options.host, "frame-port"),
      metrics: await portFor(first ? options.metricsPort : 0, options.host, "metrics-port"),
    });
  }
  return { nats: await free(), filestore: await free(), filestoreMetrics: await free(), gateways };
};

const openSandboxes = (options: SystemOptions, folder: DataFolder, stops: Stops): Sandboxes => {
  if (options.echo) return echoSandboxes(folder);
  const wall = openMemoryWall(folder.mark);
  stops.push(wall.close);
  const input = {
    folder,
    wall,
    template: options.pool.template,
    process: kernelProcess(options.treePath),
    rootPath: options.kernelRootPath,
    kernelCodePath: options.kernelCodePath,
    startMs: options.pool.times.startMs,
  };
  const { runscPath, cachePath } = options;
  return options.unsafeWithoutGvisor ? unsafeSandboxes(input) : gvisorSandboxes({ ...input, runscPath, cachePath });
};

const start = async (options: SystemOptions, stops: Stops): Promise<Omit<System, "stop">> => {
  const { tell } = options;
  const since = Date.now();
  const seconds = () => `${((Date.now() - since) / 1000).toFixed(1)} s`;
  const folder = openDataFolder(options.dataPath);
  stops.push(await lockDataFolder(folder));
  const ports = await choosePorts(options);
  const sandboxes = openSandboxes(options, folder, stops);
  stops.push(() => sandboxes.close());
  const swept = await sweepLeftovers(folder, sandboxes);
  if (swept.processes + swept.kernels > 0)
    tell(`an earlier run was killed: ended what it left (${swept.processes} processes, ${swept.kernels} kernels)`);
  // Restoring a first kernel takes as long as all else that must be up before it is of use.
  const prepared = sandboxes.prepare(tell);
  prepared.catch(() => undefined);

  const record = new RunRecord(folder);
  const log = makeLog("supervisor", options.logLevel === "info" ? "warn" : options.logLevel);
  let stopping = false;
  const watch: Watch = {
    started: (name, mark) => record.note(name, mark),
    ended: (name, { code, signal }, againMs) => {
      record.forget(name);
      if (!stopping && againMs >= 0) tell(`${name} ended (${signal ?? `code ${code}`}), starting it again in ${againMs} ms`);
    },
  };
  const keepers: Keeper[] = [];
  const keep = (name: string, program: Program, graceMs: number) => {
    const output = openLog(folder, name);
    const keeper = new Keeper({ name, ...program, output }, watch);
    keepers.push(keeper);
    stops.push(async () => {
      await keeper.stop(graceMs);
      closeSync(output);
    });
    keeper.start();
    return keeper;
  };
  const trimming = setInterval(() => trimLogs(folder), limits.trimMs);
  stops.push(() => clearInterval(trimming));

  const setup = await setUpNats(folder, ports.nats);
  const shared: Shared = {
    options,
    ports,
    dataPath: folder.path,
    natsCredentialFile: setup.serviceCredentialFile,
    filestoreSecret: keptSecret(folder, "filestore"),
    identitySecret: keptSecret(folder, "identity"),
  };
  const server = keep("nats-server", natsProgram(options, setup.configPath), limits.stopMs);
  await waitUntil("nats-server", limits.natsMs, () => acceptsConnections(ports.nats));
  const connectAs = async (credentialFile: string) => {
    const connection = await connectNats({ url: natsUrl(shared), credentialFile, name: "supervisor", log });
    stops.push(() => connection.close());
    return connection;
  };
  const nats = await connectAs(setup.serviceCredentialFile);
  const restart = () => void server.restart(limits.stopMs);
  stops.push(watchLedger({ nats: await connectAs(setup.systemCredentialFile), path: folder.natsPath, restart, tell }));
  tell(`nats-server is up (${seconds()})`);

  keep("filestore", filestoreProgram(shared), limits.stopMs);
  await waitUntil("the filestore", limits.httpMs, () => answersHttp(`http://127.0.0.1:${ports.filestoreMetrics}/readyz`));
  tell(`filestore is up (${seconds()})`);

  if (options.echo) keep("echo-kernel", echoProgram(shared, echoSocketPath(folder)), limits.stopMs);
  const lifeMs = 48 * 3600_000 + 2 * options.pool.reuse.minutes * 60_000;
  const kernels = new RunscKernels({
    folder,
    sandboxes,
    credential: (kernel) => setup.kernelCredential(kernel, lifeMs),
    agent: (own) => agentProgram(shared, { ...own, memoryEventsPath: sandboxes.memoryEventsPath(own.kernel) }),
    watch,
    tell,
  });
  // Kernels go after the gateways that use them.
  stops.push(() => endKernels(kernels));
  for (let i = 0; i < options.gateways; i++) keep(`gateway-${i + 1}`, gatewayProgram(shared, i), limits.gatewayStopMs);
  stops.push(() => {
    stopping = true;
  });
  await prepared;
  const warmMsMax = options.pool.times.startMs + 30_000;
  const pool = startPoolService({ nats, kernels, spec: options.pool, revision: sandboxes.revision, log });
  stops.push(() => pool.stop());
  const { idleMin } = options.pool.capacity;
  let warm = 0;
  const tellWarm = (atLeast: number) => async () => {
    const status = pool.status();
    if (stopping) return true;
    if (atLeast > 0 && warm === 0 && status?.conditions.some(({ type, status: holds }) => type === "Degraded" && holds))
      throw new StartRefused(`Kernels do not start: ${join(folder.logsPath, "agents.log")} says why.`);
    const idle = Math.min(idleMin, status?.idle ?? 0);
    for (; warm < idle; warm++) tell(`kernel ${warm + 1} of ${idleMin} is warm (${seconds()})`);
    return warm >= atLeast;
  };
  await waitUntil("a kernel", warmMsMax, tellWarm(Math.min(1, idleMin)));
  void waitUntil("every kernel", warmMsMax, tellWarm(idleMin)).catch((error: Error) => tell(error.message));
  for (const gateway of ports.gateways)
    await waitUntil("the gateway", limits.httpMs, () =>
      answersHttp(`http://${reachable(options.host)}:${gateway.http}/healthz`),
    );
  tell(`gateway is up (${seconds()})`);

  const urls = ports.gateways.map(({ http }) => `http://${reachable(options.host)}:${http}`);
  return {
    url: urls[0] ?? "",
    urls,
    metricsUrls: ports.gateways.map(({ metrics }) => `http://${reachable(options.host)}:${metrics}`),
    natsUrl: natsUrl(shared),
    natsCredentialFile: setup.serviceCredentialFile,
    dataPath: folder.path,
    poolStatus: pool.status,
    processes: () => [
      ...keepers.flatMap((keeper) => (keeper.pid === undefined ? [] : [{ name: keeper.command.name, pid: keeper.pid }])),
      ...kernels.agents().map(({ kernel, pid }) => ({ name: kernel, pid })),
    ],
    kernelPids: (kernel) => sandboxes.pids(kernel),
  };
};

/** Every address is listened on: then this machine's own is one that can be typed. */
const reachable = (host: string) =>
  host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;

/** Lets kernels finish for a moment, then destroys what is left. */
const endKernels = async (kernels: RunscKernels) => {
  const all = async () => kernels.list();
  await Promise.all((await all()).map(({ id }) => kernels.leave(id)));
  await waitUntil("the end of all kernels", limits.kernelsStopMs, async () =>
    (await all()).every(({ phase }) => phase === "dead"),
  ).catch(() => undefined);
  const ends = await Promise.allSettled((await all()).map(({ id }) => kernels.destroy(id)));
  const failed = ends.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
};
