// `npm run bench`: the whole system on this machine against a bare fork of the same Sage; a table, and JSON beside it. Next: main.ts.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureCellBundle } from "../../standalone/install/cell-bundle.mjs";
import { ensureKernelRoot } from "../../standalone/install/kernel-root.mjs";
import { ensureNatsServer } from "../../standalone/install/nats-server.mjs";
import { ensureNode24, ensureNpm } from "../../standalone/install/npm.mjs";
import { projectPath } from "../../standalone/install/places.mjs";
import { ensureRunsc } from "../../standalone/install/runsc.mjs";
import { showStep } from "../../standalone/install/steps.mjs";

await showStep("npm packages", ensureNpm);
const node = await ensureNode24();
const env = {
  ...process.env,
  SANDCELL_NATS_SERVER_PATH: await showStep("nats-server", ensureNatsServer),
  SANDCELL_RUNSC_PATH: await showStep("gVisor (runsc)", ensureRunsc),
  SANDCELL_KERNEL_ROOT_PATH: await showStep("Sage (kernel's root)", ensureKernelRoot),
};
await showStep("cell", (progress) => ensureCellBundle(node, progress));
const main = join(projectPath, "test/bench/main.ts");
const { status } = spawnSync(node, [main, ...process.argv.slice(2)], { cwd: projectPath, env, stdio: "inherit" });
process.exit(status ?? 1);
