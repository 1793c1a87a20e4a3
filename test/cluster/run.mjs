// `npm run test:cluster [-- PATH… | --install-only]`: the tests on a real Kubernetes; ends with one line, `N passed, N failed`. Next: cluster-tests.mjs.
import { Missing } from "../../standalone/install/places.mjs";
import { installSystem } from "../install.mjs";
import { clusterTests, installCluster } from "./cluster-tests.mjs";

const paths = process.argv.slice(2);
let counts = { passed: 0, failed: 1, failures: [] };
try {
  const where = await installSystem();
  if (paths.includes("--install-only")) {
    await installCluster(where);
    process.exit(0);
  }
  counts = await clusterTests(where, paths);
} catch (error) {
  console.error(error instanceof Missing ? error.message : error.stack);
}
for (const failure of counts.failures) console.log(`\nFailed: ${failure}`);
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed > 0 ? 1 : 0);
