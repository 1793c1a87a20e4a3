// Runs jest for the starters, and counts. Next: run.mjs.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { cachePath, projectPath } from "../standalone/install/places.mjs";

const ended = (command, args, options) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: projectPath, ...options });
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? `signal ${signal}`));
  });

/** How much of a failure's message a summary repeats, in characters. */
const messageMax = 600;

/** What failed, in a line of where and which and the beginning of why; the run's own output says the rest, far above. */
const failuresOf = (report) =>
  report.testResults.flatMap(({ name, message, assertionResults }) => {
    const where = relative(projectPath, name);
    const failed = assertionResults.filter(({ status }) => status === "failed");
    if (failed.length === 0 && message && assertionResults.length === 0) return [`${where}: ${plain(message)}`];
    return failed.map((test) => `${where}: ${test.fullName}: ${plain(test.failureMessages.join(" "))}`);
  });
const plain = (text) => stripVTControlCharacters(text).slice(0, messageMax);

/**
 * Runs jest on the files that `args` choose, with the Node 24 and the environment that installSystem gave. A run that cannot say what it did counts
 * as one failure. `failures`: a few lines of text for each.
 */
export const runJest = async ({ node, env }, args) => {
  const folder = mkdtempSync(join(tmpdir(), "sandcell-jest-"));
  const report = join(folder, "report.json");
  const bin = join(projectPath, "node_modules/jest/bin/jest.js");
  const flags = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning", bin];
  try {
    const code = await ended(node, [...flags, "--json", `--outputFile=${report}`, "--verbose", "--forceExit", ...args], {
      stdio: ["ignore", "ignore", "inherit"],
      // Of jest itself and of the many processes that tests start.
      env: { ...process.env, ...env, NODE_COMPILE_CACHE: join(cachePath(), "compiled") },
    });
    const result = JSON.parse(readFileSync(report, "utf8"));
    const { numPassedTests, numFailedTests, numFailedTestSuites, numRuntimeErrorTestSuites, numTotalTests } = result;
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    return {
      passed: numPassedTests,
      failed: failed || (code === 0 && numTotalTests > 0 ? 0 : Math.max(1, numFailedTestSuites)),
      failures: failuresOf(result),
    };
  } catch (error) {
    console.error(`jest gave no report: ${error.message}`);
    return { passed: 0, failed: 1, failures: [`jest gave no report: ${error.message}`] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
