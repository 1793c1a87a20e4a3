/** Kernels that compute nothing, for load tests: no gVisor and no Sage, because no user code runs; next: ../runsc-kernels.ts. */
import { join } from "node:path";
import type { DataFolder } from "#standalone/data-folder.ts";
import type { Sandboxes } from "#standalone/sandboxes.ts";

/** One process serves all agents, a connection each: a kernel ends when its agent's end of the connection does. */
export const echoSocketPath = (folder: DataFolder): string => join(folder.runPath, "echo.sock");

export const echoSandboxes = (folder: DataFolder): Sandboxes => ({
  revision: "echo",
  prepare: async (tell) => tell("kernels only ECHO: nothing is computed here"),
  wayTo: () => ({ kernelSocket: echoSocketPath(folder) }),
  memoryEventsPath: () => undefined,
  pids: () => [],
  remove: async () => undefined,
  distrust: () => false,
  list: async () => [],
  close: async () => undefined,
});
