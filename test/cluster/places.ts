/** Where the installer put the cluster's programs; next: control-plane.ts. */
import { globSync, statSync } from "node:fs";
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
/** The folder of the OCI archives. */
const imagesPath = (): string => env["SANDCELL_IMAGES_PATH"] ?? join(cachePath, "images");
/** The archive of one image: there is one of each name, with its version. */
export const imageArchive = (name: "pause" | "nats" | "node" | "kernel"): string => {
  const found = globSync(join(imagesPath(), `${name}-*.tar`))[0];
  if (found === undefined) throw new Error(`the image ${name} is not in ${imagesPath()}: ${remedy}`);
  return found;
};
