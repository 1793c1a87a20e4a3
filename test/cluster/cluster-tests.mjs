// The tests on a real Kubernetes, *.cluster.test.ts, for both starters: what they need is built first. Next: install/go-programs.mjs.
import { ensureDebianPackages } from "../../standalone/install/debian.mjs";
import { ask } from "../../standalone/install/programs.mjs";
import { showStep } from "../../standalone/install/steps.mjs";
import { runJest } from "../jest.mjs";
import { dropGoCache } from "./install/go-programs.mjs";
import { ensureImages } from "./install/images.mjs";
import { ensureKubernetes } from "./install/kubernetes.mjs";
import { ensureDebianFiles, ensureNodePrograms } from "./install/node-programs.mjs";

/** `ip` and `nft` set up the node's network; both end with the namespace they work in. Java runs the server that stands for MongoDB. */
const debianPackages = ["iproute2", "nftables", "openssl", "libseccomp2", "default-jre-headless", "maven"];

/** Why this machine cannot be a node at all, in words, or null. */
const obstacle = () => {
  if (process.getuid() !== 0) return "they need root";
  const namespaces = ["--net", "--mount", "--pid", "--uts", "--fork", "--mount-proc"];
  if (ask("unshare", [...namespaces, "true"]) === null) return "this machine lets nobody make namespaces";
  return null;
};

/** Builds and fetches what is missing; returns the environment in which the tests find it. */
export const installCluster = async ({ env }) => {
  await showStep("iproute2, nftables, openssl, Java", (progress) => ensureDebianPackages(debianPackages, progress));
  const kubernetes = await showStep("Kubernetes", ensureKubernetes);
  const node = await showStep("containerd, gVisor's shim", ensureNodePrograms);
  dropGoCache();
  const debian = await showStep("runc, network plugins", ensureDebianFiles);
  const from = { kubernetes, programs: node, nats: env.SANDCELL_NATS_SERVER_PATH, root: env.SANDCELL_KERNEL_ROOT_PATH };
  const store = await showStep("images", (progress) => ensureImages(from, progress));
  return {
    SANDCELL_KUBERNETES_PATH: kubernetes,
    SANDCELL_NODE_PROGRAMS_PATH: node,
    SANDCELL_DEBIAN_FILES_PATH: debian,
    SANDCELL_IMAGE_STORE_PATH: store,
  };
};

const longest = "test/cluster/end-to-end";

/** Runs them and counts; `paths` chooses. Without, the longest goes beside the others: most of these wait. */
export const clusterTests = async ({ node, env }, paths = []) => {
  const why = obstacle();
  if (why) {
    console.log(`!!! SKIPPED: all tests on a real Kubernetes (*.cluster.test.ts), because ${why} !!!`);
    return { passed: 0, failed: 0, failures: [] };
  }
  const cluster = await installCluster({ env });
  const run = (chosen) =>
    runJest({ node, env: { ...env, ...cluster } }, ["--config", "test/cluster/jest.config.mjs", "--runInBand", ...chosen]);
  if (paths.length > 0) return run(paths);
  const both = await Promise.all([run([longest]), run(["--testPathIgnorePatterns", longest, "/node_modules/"])]);
  const sum = (count) => both.reduce((total, one) => total + one[count], 0);
  return { passed: sum("passed"), failed: sum("failed"), failures: both.flatMap(({ failures }) => failures) };
};
