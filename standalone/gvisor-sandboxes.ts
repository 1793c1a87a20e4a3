/** Sandboxes by gVisor's runsc: restored from a checkpoint of a warm kernel where there is one; next: runsc-kernels.ts. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newKernelId } from "#operator/kernel-id.ts";
import type { KernelTemplate } from "#operator/kernel-pool.ts";
import { bundleConfig, type KernelProcess } from "#standalone/bundle.ts";
import { checkpointKey, folderDigest, openCheckpoints } from "#standalone/checkpoint.ts";
import type { DataFolder } from "#standalone/data-folder.ts";
import type { MemoryWall } from "#standalone/memory-wall.ts";
import { endProcess } from "#standalone/processes.ts";
import { openRunsc, runscFlags } from "#standalone/runsc.ts";
import type { Sandboxes } from "#standalone/sandboxes.ts";
import { pingFrame, startWarm } from "#standalone/warm-kernel.ts";

export type SandboxInput = {
  folder: DataFolder;
  wall: MemoryWall;
  template: KernelTemplate;
  process: KernelProcess;
  rootPath: string;
  kernelCodePath: string;
  startMs: number;
};

/** Ends with its parent, so that an agent's death is its kernel's. */
export const withParent = ["setpriv", "--pdeathsig", "KILL", "--"] as const;

const restoreMsMax = 30_000;
/** Kernels of a checkpoint that were lost unused, with none in between that served: one alone may have met a machine out of memory. */
const unfitMax = 2;

/** Throws StartRefused where there is no runsc that may be used. */
export const gvisorSandboxes = (input: SandboxInput & { runscPath: string; cachePath: string }): Sandboxes => {
  const { folder, wall, template } = input;
  const { memoryBytes, threads, temporaryBytes } = template.resources;
  const statePath = join(folder.runPath, "runsc");
  const runsc = openRunsc(input.runscPath, statePath);
  const config = JSON.stringify(bundleConfig({ ...input, temporaryBytes }), null, 1);
  const bundlePath = join(folder.runPath, "bundle");
  const revision = checkpointKey(runsc.version, config, runscFlags.join(" "), folderDigest(input.kernelCodePath));
  const checkpoints = openCheckpoints(input.cachePath, revision);
  const restored = new Set<string>();
  let unfit = 0;
  let closed = false;

  const writeBundle = () => {
    mkdirSync(bundlePath, { recursive: true, mode: 0o700 });
    writeFileSync(join(bundlePath, "config.json"), config, { mode: 0o600 });
  };
  const inside = (kernel: string, argv: readonly string[]) => [
    ...withParent,
    ...wall.make(kernel, { memoryBytes, threads }).enter(argv),
  ];
  const remove = async (kernel: string) => {
    if (restored.delete(kernel)) unfit = 0;
    await wall.remove(kernel);
    await runsc.remove(kernel);
  };
  const list = async () => [...new Set([...wall.list(), ...(await runsc.list())])];
  const freshArgv = (kernel: string) => inside(kernel, runsc.argv("run", "-bundle", bundlePath, kernel));
  type Checkpoint = NonNullable<ReturnType<typeof checkpoints.find>>;
  const restoreArgv = (kernel: string, { imagePath }: Checkpoint) =>
    runsc.argv("restore", "-image-path", imagePath, "-bundle", bundlePath, kernel);

  /** A kernel for a moment, whatever happens. */
  const briefly = async <T>(use: (kernel: string) => Promise<T>): Promise<T> => {
    const kernel = newKernelId();
    try {
      return await use(kernel);
    } finally {
      await remove(kernel);
    }
  };
  const makeCheckpoint = () =>
    briefly(async (kernel) => {
      const { child, frame } = await startWarm(freshArgv(kernel), { hear: "ready", limitMs: input.startMs });
      await checkpoints.make(frame, (path) => runsc.checkpoint(kernel, path));
      await endProcess(child, 0);
    });
  const tryCheckpoint = (checkpoint: Checkpoint) =>
    briefly(async (kernel) => {
      const argv = inside(kernel, restoreArgv(kernel, checkpoint));
      const { child } = await startWarm(argv, { say: pingFrame, hear: "pong", limitMs: restoreMsMax });
      await endProcess(child, 0);
    });

  return {
    revision,
    prepare: async (tell) => {
      writeBundle();
      const seconds = (since: number) => ((Date.now() - since) / 1000).toFixed(1);
      try {
        if (!checkpoints.find()) {
          tell("a first kernel warms up; its checkpoint makes all others quick …");
          const begun = Date.now();
          await makeCheckpoint();
          tell(`checkpoint of a warm kernel made (${seconds(begun)} s)`);
        }
        const found = checkpoints.find();
        if (found) await tryCheckpoint(found);
      } catch (error) {
        // A start that is interrupted says nothing about the checkpoint.
        if (closed) return;
        checkpoints.remove();
        tell(`kernels cannot be restored from a checkpoint, each warms up by itself: ${(error as Error).message}`);
      }
    },
    wayTo: (kernel) => {
      const found = checkpoints.find();
      if (!found) return { kernelCommand: freshArgv(kernel) };
      restored.add(kernel);
      // The kernel said that it is ready before the checkpoint: its words are repeated to its agent.
      const repeat = ["/bin/sh", "-c", 'cat "$0" && exec "$@"', found.readyFramePath];
      return { kernelCommand: inside(kernel, [...repeat, ...restoreArgv(kernel, found)]) };
    },
    memoryEventsPath: wall.eventsPath,
    pids: wall.pids,
    remove,
    distrust: (kernel) => {
      if (!restored.delete(kernel) || ++unfit < unfitMax) return false;
      unfit = 0;
      checkpoints.remove();
      return true;
    },
    list,
    close: async () => {
      closed = true;
      for (const kernel of await list()) await remove(kernel);
      runsc.close();
      await wall.close();
      rmSync(bundlePath, { recursive: true, force: true });
    },
  };
};
