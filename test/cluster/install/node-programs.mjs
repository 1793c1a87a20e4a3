// What a node has beside Kubernetes: containerd with gVisor's shim, and from Debian runc and the network plugins. Next: ../run.mjs.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "../../../standalone/install/lock.mjs";
import { cachePath, Missing, makeWhole, quiet } from "../../../standalone/install/places.mjs";
import { findProgram, run } from "../../../standalone/install/programs.mjs";
import { ensureGoPrograms } from "./go-programs.mjs";

/** Of programs/node/go.mod: the version that gVisor's own module names. An older one does not understand this shim's answers. */
const version = "2.1.5";
const containerd = "github.com/containerd/containerd/v2";

const nodePrograms = {
  name: `containerd-${version}`,
  module: "node",
  cost: "two minutes of processor time",
  tags: ["no_btrfs", "no_zfs", "no_devmapper", "no_aufs", "no_tracing", "urfave_cli_no_docs"],
  ldflags: `-X ${containerd}/version.Version=v${version}`,
  patches: [
    {
      // The shim insists on lowering its oom_score_adj, which a root without CAP_SYS_RESOURCE (in a container, say) may not.
      module: "gvisor.dev/gvisor",
      file: "pkg/shim/v1/manager.go",
      from: "sys.SetOOMScore(cmd.Process.Pid, oomScoreMax); err != nil {",
      to: "sys.SetOOMScore(cmd.Process.Pid, oomScoreMax); err != nil && !os.IsPermission(err) {",
    },
  ],
  programs: [
    { name: "containerd", from: `${containerd}/cmd/containerd`, check: ["--version"] },
    { name: "ctr", from: `${containerd}/cmd/ctr`, check: ["--version"] },
    { name: "containerd-shim-runc-v2", from: `${containerd}/cmd/containerd-shim-runc-v2`, check: ["-v"] },
    { name: "containerd-shim-runsc-v1", from: "gvisor.dev/gvisor/shim", check: ["-v"] },
  ],
};

/** Returns the folder of containerd, ctr and the shims. */
export const ensureNodePrograms = (progress = quiet) => ensureGoPrograms(nodePrograms, progress);

const debianPackages = ["runc", "containernetworking-plugins"];

/**
 * Returns a folder with runc and the network plugins at their places below it. Unpacked and not installed: the package of runc would throw out
 * the one that Docker brought to a machine.
 */
export const ensureDebianFiles = async (progress = quiet) => {
  const hash = createHash("sha256").update(debianPackages.join()).digest("hex").slice(0, 8);
  const path = join(cachePath(), "bin", `debian-${hash}`);
  if (existsSync(path)) return path;
  if (!findProgram("apt-get")) throw new Missing(`${debianPackages.join(", ")} are fetched by apt-get; this is no Debian.`);
  await withLock(path, async () => {
    if (existsSync(path)) return;
    const packages = `${path}.packages`;
    rmSync(packages, { recursive: true, force: true });
    mkdirSync(packages, { recursive: true });
    try {
      // apt's own user may not write here; it says so and goes on as root.
      await run(["apt-get", "-q", "download", ...debianPackages], { cwd: packages, onLine: (line) => progress.say(line) });
      await makeWhole(path, async (part) => {
        for (const name of readdirSync(packages)) await run(["dpkg-deb", "-x", join(packages, name), part]);
      });
    } finally {
      rmSync(packages, { recursive: true, force: true });
    }
    progress.made(0);
  });
  return path;
};
