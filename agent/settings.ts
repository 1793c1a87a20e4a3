/** The settings of an agent; next: bounds.ts. */
import { tmpdir } from "node:os";
import { z } from "zod";
import { kernelId, poolName } from "#protocol/computation.ts";
import { commonSettings, jsonSetting } from "#service/settings.ts";

export const agentSettings = z.object({
  ...commonSettings,
  natsUrl: z.string().describe("address of NATS, with the kernel's own name and password where it has no credential file"),
  natsCredentialFile: z.string().optional().describe("the kernel's NATS credential (.creds)"),
  natsTokenFile: z.string().optional().describe("a token for NATS, in a pod: read again at each connect"),
  kernel: kernelId.describe("the kernel's id, which its NATS rights are cut to"),
  pool: poolName.describe("the pool it belongs to"),
  kernelCommand: jsonSetting(z.array(z.string()).min(1))
    .optional()
    .describe("argv, as JSON, that starts the kernel with frames on its standard input and output"),
  kernelSocket: z
    .string()
    .default("/run/sandcell/kernel.sock")
    .describe("the kernel's unix socket, without a command; @NAME is an abstract one"),
  kernelStartSeconds: z.coerce.number().positive().default(180).describe("a kernel that is not warm by then is destroyed"),
  warmFile: z
    .string()
    .optional()
    .describe("a file that is made when the kernel is warm and NATS is reached, for a pod's probe"),
  memoryEventsPath: z
    .string()
    .optional()
    .describe("the sandbox's memory.events (cgroup v2) or memory.oom_control (v1), to tell the memory wall from a crash"),
  spoolDirectory: z.string().default(tmpdir()).describe("where a large file waits between kernel and filestore"),
  computationsMax: z.coerce.number().int().positive().default(500).describe("computations, then the kernel is replaced"),
  lifetimeMinutes: z.coerce.number().positive().default(60).describe("minutes, then the idle kernel is replaced"),
  sessionIdleSeconds: z.coerce.number().positive().default(900).describe("a session without a computation that long ends"),
});
