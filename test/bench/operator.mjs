// `npm run bench:operator [-- --kernels 500]`: the operator with thousands of kernels on a real API server whose kubelets and agents are played. Next: operator.ts.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureCellBundle } from "../../standalone/install/cell-bundle.mjs";
import { ensureNatsServer } from "../../standalone/install/nats-server.mjs";
import { ensureNode24, ensureNpm } from "../../standalone/install/npm.mjs";
import { projectPath } from "../../standalone/install/places.mjs";
import { showStep } from "../../standalone/install/steps.mjs";
import { ensureKubernetes } from "../cluster/install/kubernetes.mjs";

await showStep("npm packages", ensureNpm);
const node = await ensureNode24();
const env = {
  ...process.env,
  SANDCELL_NATS_SERVER_PATH: await showStep("nats-server", ensureNatsServer),
  SANDCELL_KUBERNETES_PATH: await showStep("Kubernetes", ensureKubernetes),
};
await showStep("cell", (progress) => ensureCellBundle(node, progress));
const main = join(projectPath, "test/bench/operator.ts");
const options = ["--disable-warning=ExperimentalWarning", main, ...process.argv.slice(2)];
const { status } = spawnSync(node, options, { cwd: projectPath, env, stdio: "inherit" });
process.exit(status ?? 1);
