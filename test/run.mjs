// `npm test [-- PATH…]`: installs what the tests need, runs them, and ends with one line, `N passed, N failed`. Plain Node 20, no packages.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ensureDebianPackages } from "../standalone/install/debian.mjs";
import { Missing, projectPath } from "../standalone/install/places.mjs";
import { showStep } from "../standalone/install/steps.mjs";
import { clusterTests } from "./cluster/cluster-tests.mjs";
import { installSystem } from "./install.mjs";
import { runJest } from "./jest.mjs";
import { ensureJupyterPackages } from "./jupyter/packages.mjs";

/** What tests use beside the system itself: a browser, nginx, and the server that stands for MongoDB. */
const debianPackages = [
  "chromium-headless-shell",
  "nginx-light",
  "default-jre-headless",
  "maven",
  "fonts-dejavu-core",
  "iproute2",
  "nftables",
];
/** The whole system, with patience: it waits as often as it computes, so two files at a time. */
const wholeSystem = ["standalone", "test/end-to-end", "test/chaos", "test/browser/main-job", "test/browser/sagecell"];

const install = async () => {
  const where = await installSystem();
  await showStep("browser, nginx, Java", (progress) => ensureDebianPackages(debianPackages, progress));
  const jupyter = await showStep("Jupyter client", ensureJupyterPackages);
  return { ...where, env: { ...where.env, SANDCELL_JUPYTER_PACKAGES: jupyter } };
};

/** The kernel's own tests, in Python, against real sandboxes. */
const kernelTests = async ({ env }, args = []) => {
  let text = "";
  const child = spawn("python3", [join(projectPath, "kernel-image/kernel/tests/run.py"), ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  await new Promise((resolve) => child.once("close", resolve));
  const [, passed, failed] = /^(\d+) passed, (\d+) failed$/m.exec(text) ?? [];
  if (passed === undefined) return { passed: 0, failed: 1, failures: ["the kernel's tests did not count themselves"] };
  const failures = [...text.matchAll(/^failed: (.*)$/gm)].map(([, name]) => name ?? "");
  return { passed: Number(passed), failed: Number(failed), failures };
};

/** What runs for the paths that were asked for; without any, everything. */
const runsFor = (paths) => {
  const ofKernel = (path) => path.startsWith("kernel-image");
  if (paths.some(ofKernel)) {
    const names = paths.filter((path) => !ofKernel(path));
    return [(where) => kernelTests(where, names)];
  }
  if (paths.some((path) => path.includes(".cluster.test"))) return [(where) => clusterTests(where, paths)];
  if (paths.length > 0) return [(where) => runJest(where, ["--maxWorkers=2", ...paths])];
  return [
    // They wait for each other's processes more than they compute.
    (where) => runJest(where, ["--maxWorkers=4", "--testPathIgnorePatterns", "/node_modules/", "/cell/dist/", ...wholeSystem]),
    (where) => runJest(where, ["--maxWorkers=2", ...wholeSystem]),
    (where) => kernelTests(where),
    (where) => clusterTests(where),
  ];
};

let passed = 0;
let failed = 0;
const failures = [];
try {
  const where = await install();
  for (const run of runsFor(process.argv.slice(2))) {
    const counts = await run(where);
    passed += counts.passed;
    failed += counts.failed;
    failures.push(...counts.failures);
  }
} catch (error) {
  console.error(error instanceof Missing ? error.message : error.stack);
  failed++;
}
for (const failure of failures) console.log(`\nFailed: ${failure}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
