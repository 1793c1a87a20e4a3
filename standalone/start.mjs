// `npm start`: installs what is missing, step by step, then goes on as main.ts under Node 24. Plain Node 20, no packages. Next: options.mjs.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureCellBundle } from "./install/cell-bundle.mjs";
import { ensureKernelRoot } from "./install/kernel-root.mjs";
import { ensureNatsServer } from "./install/nats-server.mjs";
import { ensureNode24, ensureNpm } from "./install/npm.mjs";
import { Missing, projectPath } from "./install/places.mjs";
import { ask } from "./install/programs.mjs";
import { ensureRunsc } from "./install/runsc.mjs";
import { showStep } from "./install/steps.mjs";
import { options } from "./options.mjs";
import { helpText } from "./options-help.mjs";

const nodeNeeded = 20;

/** Everything that main.ts needs, by name. */
const install = async ({ withoutGvisor, echo }) => {
  await showStep("npm packages", ensureNpm);
  let node;
  await showStep("Node 24", async (progress) => {
    node = await ensureNode24(progress);
    return ask(node, ["--version"])?.trim();
  });
  const nats = await showStep("nats-server", ensureNatsServer);
  const runsc = withoutGvisor || echo ? "" : await showStep("gVisor (runsc)", ensureRunsc);
  const root = echo ? "none" : await showStep("Sage (kernel's root)", ensureKernelRoot);
  if (existsSync(join(projectPath, "cell/build.mjs"))) await showStep("cell", (progress) => ensureCellBundle(node, progress));
  return {
    node,
    environment: { SANDCELL_NATS_SERVER_PATH: nats, SANDCELL_RUNSC_PATH: runsc, SANDCELL_KERNEL_ROOT_PATH: root },
  };
};

/** Goes on as another program: in this very process where Node can (22.15 and later), else as its only child, whose end is ours. */
const become = (program, args, environment) => {
  const env = { ...process.env, ...environment };
  if (process.execve) {
    process.removeAllListeners("warning"); // its only news would be that execve is new
    process.execve(program, [program, ...args], env);
  }
  const child = spawn(program, args, { env, stdio: "inherit" });
  // A terminal sends its Ctrl-C to the child as well; once is enough.
  for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"])
    process.on(signal, () => (signal === "SIGINT" && process.stdin.isTTY ? undefined : child.kill(signal)));
  child.once("error", (error) => {
    throw error;
  });
  child.once("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
};

const refuse = (words, code) => {
  process.stderr.write(`${words}\n`);
  process.exit(code);
};

/** Only the names are checked here, before minutes of installing; command-line.ts checks the values. */
const readNames = (argv) => {
  const known = options.map(({ name, kind }) => [name, { type: kind === "flag" ? "boolean" : "string" }]);
  try {
    return parseArgs({ args: argv, options: Object.fromEntries(known) }).values;
  } catch (error) {
    return refuse(`${error.message}\nnpm start -- --help explains all options.`, 2);
  }
};

const argv = process.argv.slice(2);
const values = readNames(argv);
if (values.help) {
  process.stdout.write(`${helpText()}\n`);
  process.exit(0);
}
if (process.platform !== "linux")
  refuse("Sandcell runs on Linux, where gVisor does. On Windows, use WSL 2 (docs/windows.md).", 1);
if (Number(process.versions.node.split(".")[0]) < nodeNeeded)
  refuse(`Node ${nodeNeeded} or later is needed to install; this is ${process.version}.`, 1);
if (process.getuid() !== 0)
  process.stdout.write(
    "Not root: npm packages, Node, nats-server and gVisor can be installed; Debian's packages and Sage need root once.\n",
  );
try {
  const { node, environment } = await install({
    withoutGvisor: values["unsafe-without-gvisor"],
    echo: values.kernels?.startsWith("echo"),
  });
  if (!values["install-only"]) become(node, [join(projectPath, "standalone/main.ts"), ...argv], environment);
} catch (error) {
  refuse(error instanceof Missing ? `\n${error.message}` : `\n${error.stack}`, 1);
}
