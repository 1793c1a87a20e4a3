/** Every security setting of a sandbox, whole; next: memory-wall.test.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bundleConfig, type KernelProcess } from "#standalone/bundle.ts";

const kernel: KernelProcess = {
  uid: 65534,
  gid: 65534,
  cwd: "/tmp",
  args: ["/usr/bin/python3", "/opt/kernel/main.py"],
  env: { HOME: "/tmp", LANG: "C.UTF-8" },
};
const made = bundleConfig({ process: kernel, rootPath: "/kernel/root", kernelCodePath: "/tree/kernel", temporaryBytes: 1000 });

test("a kernel is nobody, without capabilities, in namespaces of its own, and can write to temporary files only", () => {
  expect(made).toEqual({
    ociVersion: "1.1.0",
    process: {
      terminal: false,
      user: { uid: 65534, gid: 65534 },
      args: ["/usr/bin/python3", "/opt/kernel/main.py"],
      env: ["HOME=/tmp", "LANG=C.UTF-8"],
      cwd: "/tmp",
      noNewPrivileges: true,
      capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
      rlimits: [
        { type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 },
        { type: "RLIMIT_CORE", hard: 0, soft: 0 },
      ],
    },
    root: { path: "/kernel/root", readonly: true },
    hostname: "kernel",
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs" },
      { destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["mode=1777", "size=1000", "nosuid", "nodev"] },
      { destination: "/dev/shm", type: "tmpfs", source: "tmpfs", options: ["mode=1777", "size=67108864", "nosuid", "nodev"] },
      { destination: "/opt/kernel", type: "bind", source: "/tree/kernel", options: ["bind", "ro", "nosuid", "nodev"] },
    ],
    linux: { namespaces: [{ type: "pid" }, { type: "ipc" }, { type: "uts" }, { type: "mount" }, { type: "network" }] },
  });
});
test("the kernel's own process description holds no secret and no name", () => {
  const text = readFileSync(join(import.meta.dirname, "..", "kernel-image", "process.json"), "utf8");
  const real = bundleConfig({ process: JSON.parse(text), rootPath: "/r", kernelCodePath: "/c", temporaryBytes: 1 });
  expect(real.process.user).toEqual({ uid: 65534, gid: 65534 });
  expect(real.process.env.filter((entry) => entry.startsWith("SANDCELL_"))).toEqual([]);
});
