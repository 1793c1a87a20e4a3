// npm run test:protocol -- --url URL [--token TOKEN]: the protocol suite against a running server of the interface. Next: client.ts.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const usage = "npm run test:protocol -- --url http://127.0.0.1:8080 [--token TOKEN]";
const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");

/** @param {string} words @returns {never} */
function refuse(words) {
  console.error(`${words}\n\n  ${usage}`);
  process.exit(2);
}

if (Number(process.versions.node.split(".")[0]) < 24) refuse(`This needs Node 24; here is ${process.version}.`);
const { values } = (() => {
  try {
    return parseArgs({ options: { url: { type: "string" }, token: { type: "string" }, help: { type: "boolean" } } });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
})();
const url = values.url ?? process.env["SANDCELL_TEST_URL"];
const token = values.token ?? process.env["SANDCELL_TEST_TOKEN"];
if (values.help) refuse("Tries a running server of Sandcell's interface.");
if (!url || !URL.canParse(url)) refuse("Which server? Give its address.");

const { status } = spawnSync(
  process.execPath,
  [
    "--experimental-vm-modules",
    "--disable-warning=ExperimentalWarning",
    join(root, "node_modules/jest/bin/jest.js"),
    "--config",
    join(here, "jest.config.mjs"),
    "--runInBand",
    "--verbose",
  ],
  {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, SANDCELL_TEST_URL: url.replace(/\/+$/, ""), ...(token ? { SANDCELL_TEST_TOKEN: token } : {}) },
  },
);
process.exit(status ?? 1);
