// `npm run test:chaos [-- --part gateway --fault kill --step mid-output --seed 7]`: installs what it needs, then tries the kill matrix. Next: main.ts.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureDebianPackages } from "../../standalone/install/debian.mjs";
import { Missing, projectPath } from "../../standalone/install/places.mjs";
import { showStep } from "../../standalone/install/steps.mjs";
import { installSystem } from "../install.mjs";

/** What cuts the network on this machine. */
export const chaosPackages = ["iproute2", "nftables"];

try {
  const { node, env } = await installSystem();
  await showStep("iproute2, nftables", (progress) => ensureDebianPackages(chaosPackages, progress));
  const argv = ["--disable-warning=ExperimentalWarning", join(projectPath, "test/chaos/main.ts"), ...process.argv.slice(2)];
  const { status } = spawnSync(node, argv, { cwd: projectPath, stdio: "inherit", env: { ...process.env, ...env } });
  process.exitCode = status ?? 1;
} catch (error) {
  console.error(error instanceof Missing ? error.message : error.stack);
  process.exitCode = 1;
}
