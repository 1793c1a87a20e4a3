/** The gateway: HTTP in, NATS out; next: app.ts (HTTP), build.ts (the core). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "#database/open.ts";
import { gatewayApp } from "#gateway/app.ts";
import { buildCore } from "#gateway/build.ts";
import { frameApp } from "#gateway/http/frame-app.ts";
import { makeServer, stopServer } from "#gateway/http/server.ts";
import { watchCore } from "#gateway/metrics.ts";
import { gatewaySettings } from "#gateway/settings.ts";
import { traceTo } from "#gateway/trace-to.ts";
import { stopOnSignal } from "#service/lifecycle.ts";
import { makeLog } from "#service/log.ts";
import { listen, makeRegistry, serveMetrics } from "#service/metrics.ts";
import { connectNats } from "#service/nats.ts";
import { readSettings } from "#service/settings.ts";

const root = join(import.meta.dirname, "..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const pageDirectory = join(root, "cell/dist");

const settings = readSettings(gatewaySettings);
const { host, port, framePort } = settings;
const log = makeLog("gateway", settings.logLevel);
const registry = makeRegistry("gateway");
const nats = await connectNats({ url: settings.natsUrl, credentialFile: settings.natsCredentialFile, name: "gateway", log });
const database = await openDatabase(settings.databaseUrl);
const traces = await traceTo(settings);
const core = await buildCore({ settings, nats, database, traces, log, now: Date.now });
watchCore(core, registry);
const parts = await core.start();

const frameOrigin = settings.frameOrigin ?? `http://${host}:${framePort}`;
const { limits } = core.rules;
const { codeBytesMax, gvisor, permalinkKeepDays: linkKeepDays, widgetModulesUrl } = settings;
const facts = { version, limits, codeBytesMax, frameOrigin, widgetModulesUrl, gvisor, linkKeepDays };
const app = gatewayApp({
  ...core,
  facts,
  full: () => core.computations.full(),
  timeoutSecondsMax: settings.timeLimitSecondsMax,
  clients: { secret: settings.identitySecret, token: settings.token },
  trustProxy: settings.trustProxy,
  pageDirectory,
  registry,
  log,
});
const server = makeServer(app);
const frames = makeServer(frameApp({ directory: pageDirectory, widgetModulesUrl, registry, log }));
await listen(frames, framePort, host);
const metrics = await serveMetrics({ registry, host, port: settings.metricsPort, health: core.health });
await listen(server, port, host);
log.info({ gateway: core.gateway, host, port, framePort, metricsPort: metrics.port }, "gateway listens");

stopOnSignal(
  [
    { name: "http", stop: () => stopServer(server, 3000) },
    { name: "frames", stop: () => stopServer(frames, 0) },
    ...parts,
    { name: "metrics", stop: () => metrics.stop() },
    { name: "traces", stop: async () => traces?.stop() },
    { name: "nats", stop: () => nats.close() },
    { name: "database", stop: () => database.close() },
  ],
  { log, exitWithParent: settings.exitWithParent },
);
