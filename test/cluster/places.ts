/** Where the installer put the cluster's programs; next: control-plane.ts. */
import { existsSync, globSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const { env } = process;
const cachePath = env["SANDCELL_CACHE"] ?? join(homedir(), ".cache/sandcell");
const remedy = "npm run test:cluster -- --install-only brings it";

/** The newest folder of that name in the cache; throws, in words, when there is none. */
const cached = (name: string): string => {
  const ages = globSync(join(cachePath, "bin", `${name}-*[0-9a-f]`)).map((path) => ({ path, made: statSync(path).mtimeMs }));
  const found = ages.sort((a, b) => a.made - b.made).at(-1)?.path;
  if (found === undefined) throw new Error(`${name} is not in ${cachePath}: ${remedy}`);
  return found;
};

/** kubeall, helm and pause. */
export const kubernetesPath = (): string => env["SANDCELL_KUBERNETES_PATH"] ?? cached("kubernetes");
/** containerd, ctr and the shims. */
export const nodeProgramsPath = (): string => env["SANDCELL_NODE_PROGRAMS_PATH"] ?? cached("containerd");
/** runc and the network plugins, at their Debian places below it. */
export const debianFilesPath = (): string => env["SANDCELL_DEBIAN_FILES_PATH"] ?? cached("debian");
export const runscPath = (): string => env["SANDCELL_RUNSC_PATH"] ?? cached("runsc");
/** A containerd's folder with the images sandcell/{pause,nats,node,kernel}:test in it. */
export const imageStorePath = (): string => {
  const path = env["SANDCELL_IMAGE_STORE_PATH"] ?? join(cachePath, "images/store");
  if (!existsSync(join(path, "imported.json"))) throw new Error(`no images are in ${path}: ${remedy}`);
  return path;
};
