/** The filestore's settings; next: app.ts. docs/settings.md lists them for admins. */
import { z } from "zod";
import { blobsUrl } from "#filestore/open.ts";
import { filestoreSecret } from "#service/file-grants.ts";
import { commonSettings } from "#service/settings.ts";

const number = z.coerce.number().int();

export const filestoreSettings = z.object({
  ...commonSettings,
  filestoreHost: z.string().default("127.0.0.1").describe("address to listen on"),
  filestorePort: number.min(0).max(65535).default(0).describe("port; 0 takes a free one"),
  filestoreMetricsPort: number.min(0).max(65535).default(0).describe("port of metrics and health; 0 takes a free one"),
  filestoreBlobs: blobsUrl.describe("where files are kept: disk:<folder>, sqlite:<file> or mongodb://…"),
  filestoreSecret: filestoreSecret.describe("signs grants, at least 43 characters; the gateways have the same"),
  filestoreUploadsMax: number.positive().default(64).describe("uploads at a time"),
  filestoreIdleMs: number.positive().default(30_000).describe("a silent connection is cut after this"),
  filestoreConnectionsMax: number.positive().default(2000).describe("connections at a time"),
  filestoreFreeBytesMin: number
    .nonnegative()
    .default(2 ** 30)
    .describe("disk space that is left to others"),
});
