// Debian's packages: what is missing is installed, once, or told in words. Next: python-tools.mjs.

import { withLock } from "./lock.mjs";
import { Missing, quiet } from "./places.mjs";
import { ask, findProgram, run } from "./programs.mjs";

let listsAreFresh = false;

// biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own way to name a field
const statusField = "${db:Status-Status}";

/** Those of `names` that dpkg does not call installed. */
export const missingPackages = (names) =>
  names.filter((name) => ask("dpkg-query", ["-W", "-f", statusField, name]) !== "installed");

/** Makes sure that Debian packages are installed. Throws Missing, with the command to type, where it may not or cannot. */
export const ensureDebianPackages = async (names, progress = quiet) => {
  const wanted = missingPackages(names);
  if (wanted.length === 0) return;
  const command = `apt-get install ${wanted.join(" ")}`;
  if (!findProgram("apt-get"))
    throw new Missing(`${wanted.join(", ")} must be installed; this is no Debian, so please install the like yourself.`);
  if (process.getuid() !== 0)
    throw new Missing(`${wanted.join(", ")} must be installed, which needs root. Please run: sudo ${command}`);
  await withLock("debian packages", async () => {
    const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" };
    // Another apt may be at work (unattended upgrades on a fresh machine): wait for it up to ten minutes.
    const apt = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=600"];
    const onLine = (line) => progress.say(line);
    if (!listsAreFresh) {
      progress.say("apt-get update");
      // A list that cannot be fetched (some other source of this machine) is no reason to stop: the install tells.
      await run([...apt, "update"], { env: environment, onLine }).catch((error) =>
        progress.say(String(error.message).split("\n")[0]),
      );
      listsAreFresh = true;
    }
    await run([...apt, "install", "-y", "--no-install-recommends", ...wanted], { env: environment, onLine });
    progress.made(0);
  });
};
