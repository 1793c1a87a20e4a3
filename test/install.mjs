// What all tests of the running system need: the system itself. Next: jest.mjs.
import { ensureCellBundle } from "../standalone/install/cell-bundle.mjs";
import { ensureKernelRoot } from "../standalone/install/kernel-root.mjs";
import { ensureNatsServer } from "../standalone/install/nats-server.mjs";
import { ensureNode24, ensureNpm } from "../standalone/install/npm.mjs";
import { ensureRunsc } from "../standalone/install/runsc.mjs";
import { showStep } from "../standalone/install/steps.mjs";

/** Returns the Node 24 that tests run under, and the environment in which they find the rest. */
export const installSystem = async () => {
  await showStep("npm packages", ensureNpm);
  let node;
  await showStep("Node 24", async (progress) => {
    node = await ensureNode24(progress);
  });
  const nats = await showStep("nats-server", ensureNatsServer);
  const runsc = await showStep("gVisor (runsc)", ensureRunsc);
  const root = await showStep("Sage (kernel's root)", ensureKernelRoot);
  await showStep("cell", (progress) => ensureCellBundle(node, progress));
  return { node, env: { SANDCELL_NATS_SERVER_PATH: nats, SANDCELL_RUNSC_PATH: runsc, SANDCELL_KERNEL_ROOT_PATH: root } };
};
