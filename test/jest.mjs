// Runs jest for the starters, and counts. Next: run.mjs.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectPath } from "../standalone/install/places.mjs";

const ended = (command, args, options) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: projectPath, ...options });
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? `signal ${signal}`));
  });

/**
 * Runs jest on the files that `args` choose, with the Node 24 and the environment that installSystem gave. A run that cannot say what it did counts
 * as one failure.
 */
export const runJest = async ({ node, env }, args) => {
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
