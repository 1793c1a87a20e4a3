// `npm test [-- PATH…]`: installs what the tests need, runs them, and ends with one line, `N passed, N failed`. Plain Node 20, no packages.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureCellBundle } from "../standalone/install/cell-bundle.mjs";
import { ensureDebianPackages } from "../standalone/install/debian.mjs";
import { ensureKernelRoot } from "../standalone/install/kernel-root.mjs";
import { ensureNatsServer } from "../standalone/install/nats-server.mjs";
import { ensureNode24, ensureNpm } from "../standalone/install/npm.mjs";
import { Missing, projectPath } from "../standalone/install/places.mjs";
import { ensureRunsc } from "../standalone/install/runsc.mjs";
import { showStep } from "../standalone/install/steps.mjs";
import { ensureJupyterPackages } from "./jupyter/packages.mjs";

/** What tests use beside the system itself: a browser, nginx, and the server that stands for MongoDB. */
const debianPackages = ["chromium", "nginx-light", "default-jre-headless", "maven", "fonts-dejavu-core"];
/** The whole system on a busy machine: one after the other, and with patience. */
const alone = ["standalone", "test/end-to-end", "test/browser/main-job"];

const install = async () => {
  await showStep("npm packages", ensureNpm);
  let node;
  await showStep("Node 24", async (progress) => {
    node = await ensureNode24(progress);
  });
  const nats = await showStep("nats-server", ensureNatsServer);
  const runsc = await showStep("gVisor (runsc)", ensureRunsc);
  const root = await showStep("Sage (kernel's root)", ensureKernelRoot);
  await showStep("cell", (progress) => ensureCellBundle(node, progress));
  await showStep("browser, nginx, Java", (progress) => ensureDebianPackages(debianPackages, progress));
  const jupyter = await showStep("Jupyter client", ensureJupyterPackages);
  const paths = { SANDCELL_NATS_SERVER_PATH: nats, SANDCELL_RUNSC_PATH: runsc, SANDCELL_KERNEL_ROOT_PATH: root };
  return { node, env: { ...paths, SANDCELL_JUPYTER_PACKAGES: jupyter } };
};

const ended = (command, args, options) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: projectPath, ...options });
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? `signal ${signal}`));
  });

/** Runs jest on the files that `args` choose. A run that cannot say what it did counts as one failure. */
const jest = async ({ node, env }, args) => {
  const folder = mkdtempSync(join(tmpdir(), "sandcell-jest-"));
  const report = join(folder, "report.json");
  const bin = join(projectPath, "node_modules/jest/bin/jest.js");
  const flags = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning", bin];
  try {
    const code = await ended(node, [...flags, "--json", `--outputFile=${report}`, "--verbose", "--forceExit", ...args], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, ...env },
    });
    const { numPassedTests, numFailedTests, numFailedTestSuites, numRuntimeErrorTestSuites, numTotalTests } = JSON.parse(
      readFileSync(report, "utf8"),
    );
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    return {
      passed: numPassedTests,
      failed: failed || (code === 0 && numTotalTests > 0 ? 0 : Math.max(1, numFailedTestSuites)),
    };
  } catch (error) {
    console.error(`jest gave no report: ${error.message}`);
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
  return passed === undefined ? { passed: 0, failed: 1 } : { passed: Number(passed), failed: Number(failed) };
};

const patterns = process.argv.slice(2);
const runs = patterns.some((pattern) => pattern.startsWith("kernel-image"))
  ? [
      (where) =>
        kernelTests(
          where,
          patterns.filter((pattern) => !pattern.startsWith("kernel-image")),
        ),
    ]
  : patterns.length > 0
    ? [(where) => jest(where, ["--runInBand", ...patterns])]
    : [
        (where) => jest(where, ["--maxWorkers=2", `--testPathIgnorePatterns`, "/node_modules/", "/cell/dist/", ...alone]),
        (where) => jest(where, ["--runInBand", ...alone]),
        (where) => kernelTests(where),
      ];
let passed = 0;
let failed = 0;
try {
  const where = await install();
  for (const run of runs) {
    const counts = await run(where);
    passed += counts.passed;
    failed += counts.failed;
  }
} catch (error) {
  console.error(error instanceof Missing ? error.message : error.stack);
  failed++;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
