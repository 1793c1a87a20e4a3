/** The sandbox of a kernel as runsc wants it described: PURE, and its test shows every security setting; next: runsc.ts. */

/** kernel-image/process.json: what runs inside, the same on one machine and on a cluster. */
export type KernelProcess = {
  uid: number;
  gid: number;
  cwd: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
};
export type BundleInput = {
  process: KernelProcess;
  /** The kernel's root file system, mounted read-only. */
  rootPath: string;
  /** The kernel's own Python, seen as /opt/kernel. */
  kernelCodePath: string;
  temporaryBytes: number;
};

const openFilesMax = 1024;
const sharedMemoryBytes = 64 * 1024 * 1024;
/** gVisor's own: inside the sandbox they are another world's, whatever the host has. */
const namespaces = ["pid", "ipc", "uts", "mount", "network"] as const;
const capabilitySets = ["bounding", "effective", "inheritable", "permitted", "ambient"] as const;

const temporary = (destination: string, bytes: number) => ({
  destination,
  type: "tmpfs",
  source: "tmpfs",
  options: ["mode=1777", `size=${bytes}`, "nosuid", "nodev"],
});

/** An OCI runtime configuration (config.json). No kernel's name is in it: one description serves all, restored ones too. */
export const bundleConfig = ({ process: inside, rootPath, kernelCodePath, temporaryBytes }: BundleInput) => ({
  ociVersion: "1.1.0",
  process: {
    terminal: false,
    user: { uid: inside.uid, gid: inside.gid },
    args: [...inside.args],
    env: Object.entries(inside.env).map(([name, value]) => `${name}=${value}`),
    cwd: inside.cwd,
    noNewPrivileges: true,
    capabilities: Object.fromEntries(capabilitySets.map((set) => [set, [] as string[]])),
    rlimits: [
      { type: "RLIMIT_NOFILE", hard: openFilesMax, soft: openFilesMax },
      { type: "RLIMIT_CORE", hard: 0, soft: 0 },
    ],
  },
  root: { path: rootPath, readonly: true },
  hostname: "kernel",
  mounts: [
    { destination: "/proc", type: "proc", source: "proc" },
    { destination: "/dev", type: "tmpfs", source: "tmpfs" },
    temporary("/tmp", temporaryBytes),
    temporary("/dev/shm", sharedMemoryBytes),
    { destination: "/opt/kernel", type: "bind", source: kernelCodePath, options: ["bind", "ro", "nosuid", "nodev"] },
  ],
  linux: { namespaces: namespaces.map((type) => ({ type })) },
});
