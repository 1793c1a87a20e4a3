/** The namespaces and cgroups in which a node lives, made and unmade without a trace; next: node-settings.ts. */
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Daemon, hasProcess, startDaemon, until } from "#test/cluster/daemons.ts";

const cgroupsPath = "/sys/fs/cgroup";
const cgroupPrefix = "sandcell-node-";
const initMs = 20_000;
const emptyMs = 20_000;

export type Namespaces = {
  init: Daemon;
  /** Of their process 1, as the machine counts. */
  pid: number;
  /** Put before a command, it runs in them. */
  enter: readonly string[];
};

/** The command that goes before another one to run it in the namespaces of a process. `ip netns exec` would hide the cgroups. */
export const entering = (pid: number): string[] => [
  "nsenter",
  "--target",
  `${pid}`,
  "--net",
  "--mount",
  "--pid",
  "--uts",
  "--",
];

/** Makes network, mount, process and host-name namespaces; they end with this process. */
export const startNamespaces = async (
  folder: string,
  { address, route, kubelet }: Record<"address" | "route" | "kubelet", string>,
): Promise<Namespaces> => {
  const ready = join(folder, "init.ready");
  const kinds = ["--net", "--mount", "--mount-proc", "--pid", "--uts", "--fork", "--kill-child=KILL"];
  const command = ["unshare", ...kinds, "sh", join(import.meta.dirname, "node-init.sh"), address, route, ready, kubelet];
  const init = startDaemon("init", command, { folder });
  await until("namespaces", () => existsSync(ready), { ms: initMs, daemons: [init] });
  const children = readFileSync(`/proc/${init.process.pid}/task/${init.process.pid}/children`, "utf8");
  const pid = Number.parseInt(children, 10);
  return { init, pid, enter: entering(pid) };
};

/** The roots of all cgroup hierarchies: one with cgroup v2, several with v1, among them systemd's "unified" without controllers. */
const hierarchies = (): string[] => {
  if (existsSync(join(cgroupsPath, "cgroup.controllers"))) return [cgroupsPath];
  const folders = readdirSync(cgroupsPath).map((name) => join(cgroupsPath, name));
  return folders.filter((path) => lstatSync(path).isDirectory());
};

/** Makes this process's cgroup in every hierarchy and returns its name, which is also its path from the root. */
export const makeCgroup = (): string => {
  const name = `${cgroupPrefix}${process.pid}`;
  for (const root of hierarchies()) {
    const path = join(root, name);
    mkdirSync(path);
    // v1: no process may enter before it is told which processors and memory it has.
    for (const file of ["cpuset.cpus", "cpuset.mems"])
      if (existsSync(join(root, file)) && existsSync(join(path, file)))
        writeFileSync(join(path, file), readFileSync(join(root, file)));
  }
  return name;
};

const removeTree = (path: string): void => {
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) if (entry.isDirectory()) removeTree(join(path, entry.name));
  rmdirSync(path);
};

/** Removes the cgroup once its processes are gone, and those of dead processes of ours. */
export const removeCgroups = async (): Promise<void> => {
  const paths = hierarchies().flatMap((root) =>
    readdirSync(root)
      .filter((name) => name.startsWith(cgroupPrefix))
      .filter((name) => name === `${cgroupPrefix}${process.pid}` || !hasProcess(Number(name.slice(cgroupPrefix.length))))
      .map((name) => join(root, name)),
  );
  for (const path of paths) {
    const isGone = () => {
      try {
        removeTree(path);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EBUSY") return false;
        throw error;
      }
    };
    await until(`end of ${path}`, isGone, { ms: emptyMs });
  }
};
