/** The filestore process: takes files with a grant, gives them to whoever knows their address; next: app.ts. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import { filestoreApp } from "#filestore/app.ts";
import { uploadMsMax } from "#filestore/blobs.ts";
import { blobsUrl, openBlobs } from "#filestore/open.ts";
import { filestoreSecret } from "#service/file-grants.ts";
import { stopOnSignal } from "#service/lifecycle.ts";
import { makeLog } from "#service/log.ts";
import { listen, makeRegistry, serveMetrics } from "#service/metrics.ts";
import { commonSettings, readSettings } from "#service/settings.ts";

const settings = readSettings(
  z.object({
    ...commonSettings,
    filestoreHost: z.string().default("127.0.0.1").describe("address to listen on"),
    filestorePort: z.coerce.number().int().min(0).max(65535).default(0).describe("port; 0 takes a free one"),
    filestoreMetricsPort: z.coerce.number().int().min(0).max(65535).default(0).describe("port of metrics and health"),
    filestoreBlobs: blobsUrl.describe("where files are kept: disk:<folder>, sqlite:<file> or mongodb://…"),
    filestoreSecret: filestoreSecret.describe("signs grants; the gateways have the same"),
    filestoreUploadsMax: z.coerce.number().int().positive().default(64).describe("uploads at a time"),
    filestoreIdleMs: z.coerce.number().int().positive().default(30_000).describe("a silent connection is cut after this"),
    filestoreConnectionsMax: z.coerce.number().int().positive().default(2000).describe("connections at a time"),
    filestoreFreeBytesMin: z.coerce
      .number()
      .int()
      .nonnegative()
      .default(2 ** 30)
      .describe("disk space that is left to others"),
  }),
);
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
