/** The processes of one machine and the settings each is given: nothing of ours is inherited by accident; next: sandboxes.ts. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { settingsEnvironment } from "#service/settings.ts";
import { ownPool, type SystemOptions } from "#standalone/options-of-system.ts";
import type { WayToKernel } from "#standalone/sandboxes.ts";

export type Ports = {
  nats: number;
  filestore: number;
  filestoreMetrics: number;
  gateways: { http: number; frame: number; metrics: number }[];
};
export type Shared = {
  options: SystemOptions;
  ports: Ports;
  dataPath: string;
  natsCredentialFile: string;
  filestoreSecret: string;
  identitySecret: string;
};
export type Program = { argv: string[]; environment: Record<string, string> };

const computationsFactor = 2;

const node = (shared: Shared, file: string, settings: Record<string, unknown>): Program => ({
  argv: [process.execPath, "--disable-warning=ExperimentalWarning", join(shared.options.treePath, file)],
  environment: {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: shared.dataPath,
    // Half the CPU of a start is compiling and stripping types: a kernel's agent is there sooner, and takes less from those who compute.
    NODE_COMPILE_CACHE: join(shared.options.cachePath, "compiled"),
    ...settingsEnvironment({ logLevel: shared.options.logLevel, exitWithParent: true, ...settings }),
  },
});

export const natsUrl = ({ ports }: Shared) => `nats://127.0.0.1:${ports.nats}`;
const filestoreUrl = ({ ports }: Shared) => `http://127.0.0.1:${ports.filestore}`;

export const natsProgram = (options: SystemOptions, configPath: string): Program => ({
  argv: [options.natsServerPath, "-c", configPath],
  environment: {},
});

export const filestoreProgram = (shared: Shared): Program =>
  node(shared, "filestore/main.ts", {
    filestorePort: shared.ports.filestore,
    filestoreMetricsPort: shared.ports.filestoreMetrics,
    filestoreBlobs: `disk:${join(shared.dataPath, "files")}`,
    filestoreSecret: shared.filestoreSecret,
  });

/** The one process of all kernels that only echo. */
export const echoProgram = (shared: Shared, socketPath: string): Program => {
  const { argv, environment } = node(shared, "standalone/echo/echo-kernel.ts", {});
  return { argv: [...argv, socketPath], environment };
};

export const gatewayProgram = (shared: Shared, which: number): Program => {
  const { options } = shared;
  const ports = shared.ports.gateways[which];
  return node(shared, "gateway/main.ts", {
    host: options.host,
    port: ports?.http,
    framePort: ports?.frame,
    frameOrigin: options.frameUrl,
    widgetModulesUrl: options.widgetModulesUrl,
    metricsPort: ports?.metrics,
    token: options.token,
    natsUrl: natsUrl(shared),
    natsCredentialFile: shared.natsCredentialFile,
    databaseUrl: `sqlite:${join(shared.dataPath, "database", "sandcell.sqlite")}`,
    filestoreUrl: filestoreUrl(shared),
    filestoreSecret: shared.filestoreSecret,
    identitySecret: shared.identitySecret,
    pool: ownPool,
    timeLimitSeconds: options.timeLimitSeconds,
    timeLimitSecondsMax: options.timeLimitMaxSeconds,
    gvisor: options.echo || !options.unsafeWithoutGvisor,
  });
};

export const agentProgram = (
  shared: Shared,
  own: { kernel: string; natsCredentialFile: string; memoryEventsPath: string | undefined } & WayToKernel,
): Program => {
  const { pool } = shared.options;
  const spoolDirectory = join(shared.dataPath, "run", "spool");
  mkdirSync(spoolDirectory, { recursive: true, mode: 0o700 });
  const { isolation, reuse, times } = pool;
  return node(shared, "agent/main.ts", {
    ...own,
    natsUrl: natsUrl(shared),
    pool: ownPool,
    spoolDirectory,
    kernelStartSeconds: Math.ceil(times.startMs / 1000),
    // The pool replaces kernels long before; an agent that nobody replaces stops by itself.
    computationsMax: isolation === "sandbox" ? 1 : computationsFactor * reuse.computations,
    lifetimeMinutes: computationsFactor * reuse.minutes,
  });
};
