/** The gateway's settings, all of them; next: main.ts. docs/settings.md lists them for admins. */
import { z } from "zod";
import { databaseUrl } from "#database/open.ts";
import { poolName } from "#protocol/computation.ts";
import { filestoreSecret } from "#service/file-grants.ts";
import { commonSettings, flagSetting } from "#service/settings.ts";

const number = z.coerce.number();
const MiB = 1024 * 1024;

export const gatewaySettings = z.object({
  ...commonSettings,
  host: z.string().default("127.0.0.1").describe("address to listen on"),
  port: number.int().min(0).max(65535).default(8080).describe("port of the page and the interface"),
  framePort: number.int().min(0).max(65535).default(8081).describe("port of the second origin, for HTML output"),
  frameOrigin: z.string().optional().describe("the second origin as browsers reach it; by default the host with framePort"),
  widgetModulesUrl: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ""))
    .optional()
    .describe(
      "where browsers fetch the scripts of other packages' widgets, `NAME@VERSION/dist/index.js` under it: `https://cdn.jsdelivr.net/npm`, or a copy of yours; from nowhere when not set",
    ),
  metricsPort: number.int().min(0).max(65535).default(9090).describe("port of /metrics"),
  trustProxy: z.string().default("loopback").describe("Express' trust proxy: whose X-Forwarded-For is believed"),
  token: z.string().min(16).optional().describe("a bearer token that every request needs"),
  natsUrl: z.string().describe("address of NATS"),
  natsCredentialFile: z.string().optional().describe("file with this gateway's NATS credential"),
  databaseUrl: databaseUrl.describe("where finished computations are kept"),
  filestoreUrl: z.url().describe("address of the filestore"),
  filestoreSecret: filestoreSecret.describe("signs grants for the filestore"),
  identitySecret: z.string().min(32).describe("keys the hashes of clients and Idempotency-Keys; the same at every gateway"),
  pool: poolName.default("default").describe("the pool whose kernels run computations"),
  ledgerReplicas: number.int().min(1).max(5).default(1).describe("copies of the ledger"),
  computationsBytesMax: number
    .int()
    .positive()
    .default(1024 * MiB)
    .describe("size at which the ledger refuses computations"),
  transcriptsBytesMax: number
    .int()
    .positive()
    .default(4096 * MiB)
    .describe("size at which the ledger refuses output"),
  archiveKeepDays: number.positive().default(30).describe("how long finished computations and their files are kept"),
  permalinkKeepDays: number.positive().default(730).describe("how long a short link to code is kept after it was last used"),
  queueMax: number.int().min(0).default(100).describe("computations that may wait, over all gateways"),
  waitSecondsMax: number.positive().default(60).describe("longest wait for a kernel"),
  perClientMax: number.int().positive().default(30).describe("computations one client may have waiting and running"),
  timeLimitSeconds: number.positive().default(60).describe("time limit of a computation that asks for none"),
  timeLimitSecondsMax: number.positive().default(300).describe("longest time limit that may be asked for"),
  cpuSeconds: number.int().positive().default(300).describe("CPU time of each process of a computation"),
  addressSpaceBytes: number
    .int()
    .positive()
    .default(4096 * MiB)
    .describe("address space of each process"),
  processes: number.int().positive().default(64).describe("processes and threads of a computation"),
  fileBytes: number
    .int()
    .positive()
    .default(128 * MiB)
    .describe("size of one file"),
  workspaceBytes: number
    .int()
    .positive()
    .default(256 * MiB)
    .describe("temporary space of a computation"),
  workspaceFiles: number.int().positive().default(4096).describe("files and folders of a computation"),
  outputBytes: number
    .int()
    .positive()
    .default(10 * MiB)
    .describe("output of a computation, without files"),
  outputMessages: number.int().positive().default(10_000).describe("messages of a computation"),
  uploadFiles: number.int().positive().default(100).describe("files that a computation gives back"),
  uploadBytes: number
    .int()
    .positive()
    .default(64 * MiB)
    .describe("bytes of files that a computation gives back"),
  codeBytesMax: number.int().positive().default(65536).describe("size of the code"),
  tracesUrl: z
    .url()
    .optional()
    .describe("where an OpenTelemetry collector takes traces (OTLP over HTTP); none are made when not set"),
  tracesRatio: number
    .min(0)
    .max(1)
    .default(0.1)
    .describe("part of the computations that is traced; those sent with a sampled traceparent always are"),
  gvisor: flagSetting().default(true).describe("do kernels run in gVisor? The page says when they do not"),
});
export type GatewaySettings = z.infer<typeof gatewaySettings>;
