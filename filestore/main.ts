/** The filestore process: takes files with a grant, gives them to whoever knows their address; next: settings.ts. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { filestoreApp } from "#filestore/app.ts";
import { uploadMsMax } from "#filestore/blobs.ts";
import { openBlobs } from "#filestore/open.ts";
import { filestoreSettings } from "#filestore/settings.ts";
import { stopOnSignal } from "#service/lifecycle.ts";
import { makeLog } from "#service/log.ts";
import { listen, makeRegistry, serveMetrics } from "#service/metrics.ts";
import { readSettings } from "#service/settings.ts";

const settings = readSettings(filestoreSettings);
const log = makeLog("filestore", settings.logLevel);
const registry = makeRegistry("filestore");
const blobs = await openBlobs(settings.filestoreBlobs, { freeBytesMin: settings.filestoreFreeBytesMin });
const app = filestoreApp({
  blobs,
  secret: settings.filestoreSecret,
  now: Date.now,
  log,
  registry,
  uploadsMax: settings.filestoreUploadsMax,
  idleMs: settings.filestoreIdleMs,
});
const server = createServer({ requestTimeout: uploadMsMax, headersTimeout: 10_000, keepAliveTimeout: 75_000 }, app);
server.maxConnections = settings.filestoreConnectionsMax;
await listen(server, settings.filestorePort, settings.filestoreHost);

const metrics = await serveMetrics({
  registry,
  host: settings.filestoreHost,
  port: settings.filestoreMetricsPort,
  health: () => ({ ready: server.listening, reasons: server.listening ? [] : ["does not listen yet"] }),
});
const stopServer = () =>
  new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
stopOnSignal(
  [
    { name: "http", stop: stopServer },
    { name: "metrics", stop: metrics.stop },
    { name: "blobs", stop: blobs.close },
  ],
  { log, exitWithParent: settings.exitWithParent },
);
log.info({ port: (server.address() as AddressInfo).port, metricsPort: metrics.port }, "filestore listens");
