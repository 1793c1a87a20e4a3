/** UNSAFE: kernels without gVisor, as nobody in Linux's own namespaces, for a machine no stranger can reach; next: sandboxes.ts. */
import { checkpointKey, folderDigest } from "#standalone/checkpoint.ts";
import { type SandboxInput, withParent } from "#standalone/gvisor-sandboxes.ts";
import type { Sandboxes } from "#standalone/sandboxes.ts";

/** Builds the mounts of one kernel in a mount namespace of its own and becomes nobody inside the root. */
const script = [
  'mount --bind "$ROOT" "$ROOT" && mount -o remount,bind,ro "$ROOT"',
  'mount --bind "$CODE" "$ROOT/opt/kernel" && mount -o remount,bind,ro,nosuid,nodev "$ROOT/opt/kernel"',
  'mount -t proc proc "$ROOT/proc"',
  'mount -t tmpfs -o "mode=1777,size=$TMP,nosuid,nodev" tmpfs "$ROOT/tmp"',
  'mount --rbind /dev "$ROOT/dev"',
  'exec chroot --userspec="$USER_GROUP" --groups= "$ROOT" /usr/bin/env -i -C "$CWD" "$@"',
].join(" && ");

export const unsafeSandboxes = (input: SandboxInput): Sandboxes => {
  const { wall, template, process: kernel } = input;
  const { memoryBytes, threads, temporaryBytes } = template.resources;
  return {
    revision: checkpointKey("without gvisor", JSON.stringify(kernel), input.rootPath, folderDigest(input.kernelCodePath)),
    prepare: async () => undefined,
    wayTo: (id) => {
      const names = [
        `ROOT=${input.rootPath}`,
        `CODE=${input.kernelCodePath}`,
        `TMP=${temporaryBytes}`,
        `CWD=${kernel.cwd}`,
        `USER_GROUP=${kernel.uid}:${kernel.gid}`,
      ];
      const inside = Object.entries(kernel.env).map(([name, value]) => `${name}=${value}`);
      const alone = ["unshare", "--mount", "--pid", "--ipc", "--uts", "--net", "--fork", "--kill-child"];
      const argv = ["/usr/bin/env", ...names, ...alone, "/bin/sh", "-c", script, "kernel", ...inside, ...kernel.args];
      return { kernelCommand: [...withParent, ...wall.make(id, { memoryBytes, threads }).enter(argv)] };
    },
    memoryEventsPath: wall.eventsPath,
    pids: wall.pids,
    remove: (id) => wall.remove(id),
    distrust: () => false,
    list: async () => wall.list(),
    close: async () => {
      for (const id of wall.list()) await wall.remove(id);
      await wall.close();
    },
  };
};
