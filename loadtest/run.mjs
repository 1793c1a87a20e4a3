// `npm run loadtest -- NAME [--rate N --duration 30s --url URL …]`: a script of this folder in Node, or a program beside them. Next: adapter/main.ts.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ensureNatsServer } from "../standalone/install/nats-server.mjs";
import { ensureNode24, ensureNpm } from "../standalone/install/npm.mjs";
import { projectPath } from "../standalone/install/places.mjs";
import { showStep } from "../standalone/install/steps.mjs";

const programs = {
  generator: "loadtest/generator/main.ts",
  "control-plane": "loadtest/control-plane/main.ts",
  neighbours: "loadtest/neighbours/main.ts",
  flame: "loadtest/control-plane/flame.ts",
  // These know the system from inside, as tests do.
  listening: "test/sizing/listening.ts",
  sizing: "test/sizing/main.ts",
};
/** They start a system of their own. */
const starters = ["control-plane", "neighbours", "listening"];
const scripts = ["steady", "burst", "interact", "sagecell", "ramp", "overload", "soak"];

const [name = "", ...args] = process.argv.slice(2);
const program = programs[name] ?? (scripts.includes(name) ? "loadtest/adapter/main.ts" : undefined);
if (program === undefined || !existsSync(join(projectPath, program))) {
  process.stderr.write(`npm run loadtest -- NAME, one of ${[...scripts, ...Object.keys(programs)].join(", ")}\n`);
  process.exit(2);
}
await showStep("npm packages", ensureNpm);
const node = await ensureNode24();
const env = { ...process.env, SANDCELL_LOG_LEVEL: process.env.SANDCELL_LOG_LEVEL ?? "warn" };
if (starters.includes(name)) {
  env.SANDCELL_NATS_SERVER_PATH = await showStep("nats-server", ensureNatsServer);
  env.SANDCELL_KERNEL_ROOT_PATH = "none";
}
const argv = [
  "--disable-warning=ExperimentalWarning",
  join(projectPath, program),
  ...(programs[name] ? args : [name, ...args]),
];
const child = spawn(node, argv, { cwd: process.cwd(), env, stdio: "inherit" });
// A terminal's Ctrl-C reaches the child as well, which ends in order.
process.on("SIGINT", () => {}).on("SIGTERM", () => child.kill("SIGTERM"));
child.once("exit", (code) => process.exit(code ?? 1));
