// The images that pods of the tests run, as OCI archives and imported once: the pause of every pod, NATS, all Node processes, the kernel. Next: ../run.mjs.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { newestChange } from "../../../standalone/install/cell-bundle.mjs";
import { ensureDebianPackages } from "../../../standalone/install/debian.mjs";
import { withLock } from "../../../standalone/install/lock.mjs";
import { cachePath, makeWhole, projectPath, quiet } from "../../../standalone/install/places.mjs";
import { run } from "../../../standalone/install/programs.mjs";

/** The tag of everything that is tested: no registry has it. */
const tag = "test";
const build = join(projectPath, "kernel-image/build");

const folders = ["protocol", "service", "database", "operator", "gateway", "agent", "filestore", "cell/dist"];
const called = (name) => `docker.io/sandcell/${name}:${tag}`;

/** When the newest of files and folders below the tree was changed, in ms. */
const newestOf = (names) =>
  Math.max(
    ...names.map((name) => {
      const path = join(projectPath, name);
      return statSync(path).isDirectory() ? newestChange(path, ["__pycache__"]) : statSync(path).mtimeMs;
    }),
  );

/** Returns CACHE/images/FILE.tar, written by `command` when it is older than one of its sources. One of a name is kept: they are big. */
const ensureArchive = async ({ file, sources, command, env }, progress) => {
  const path = join(cachePath(), "images", `${file}.tar`);
  const isRight = () => existsSync(path) && statSync(path).mtimeMs > newestOf(sources);
  if (isRight()) return path;
  await withLock(path, async () => {
    if (isRight()) return;
    mkdirSync(dirname(path), { recursive: true });
    const family = `${file.split("-")[0]}-`;
    for (const name of readdirSync(dirname(path)))
      if (name.startsWith(family)) rmSync(join(dirname(path), name), { force: true });
    const start = new Date();
    await makeWhole(path, (part) =>
      run(command(part), {
        env: { ...process.env, SANDCELL_CACHE: cachePath(), ...env },
        onLine: (line) => progress.say(line),
      }),
    );
    // As of the start: what was changed while it was packed counts as newer.
    utimesSync(path, start, start);
    progress.made(statSync(path).size);
  });
  return path;
};

const packing = ["image.py", "recipe.py", "root.py"].map((name) => `kernel-image/build/${name}`);

/** Programs stand in the cache as NAME-VERSION, or in a folder NAME-VERSION-HASH. */
const versionOf = (program) => /-(\d[^/]*)(\/[^/]+)?$/.exec(program)?.[1] ?? "1";

/** The image of one program that needs nothing beside it. */
const ofProgram = ({ name, program, place }) => ({
  file: `${name}-${versionOf(program)}`,
  sources: [packing[0], "test/cluster/install/program_image.py"],
  command: (out) => ["python3", join(projectPath, "test/cluster/install/program_image.py"), program, place, out, called(name)],
  env: { PYTHONPATH: build },
});

const ofNode = {
  file: "node-1",
  sources: [...packing, "kernel-image/build/node_image.py", "package.json", "package-lock.json", ...folders],
  command: (out) => ["python3", join(build, "node_image.py"), out, "--uncompressed", "--name", called("node")],
};

const ofKernel = (root) => ({
  file: `kernel-${basename(dirname(root))}`,
  sources: [...packing, "kernel-image/build/build.py", "kernel-image/process.json", "kernel-image/kernel"],
  command: (out) => ["python3", join(build, "build.py"), "image", out, "--uncompressed", "--name", called("kernel")],
});

/** Imports those archives that changed into a containerd's folder, of which each node gets a copy by links. */
const ensureStore = async ({ archives, programs }, progress) => {
  const path = join(cachePath(), "images", "store");
  const stamp = join(path, "imported.json");
  await withLock(path, async () => {
    const known = existsSync(stamp) ? JSON.parse(readFileSync(stamp, "utf8")) : {};
    const now = Object.fromEntries(archives.map((archive) => [archive, statSync(archive).mtimeMs]));
    const changed = archives.filter((archive) => known[archive] !== now[archive]);
    if (changed.length === 0) return;
    mkdirSync(path, { recursive: true });
    const apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"];
    const script = join(projectPath, "test/cluster/install/image-store.sh");
    await run([...apart, "sh", script, programs, path, ...changed], { onLine: (line) => progress.say(line) });
    writeFileSync(stamp, JSON.stringify(now));
    progress.made(changed.reduce((sum, archive) => sum + statSync(archive).size, 0));
  });
  return path;
};

/**
 * Returns a containerd's folder with all images in it. `kubernetes` is the folder of pause, `programs` that of containerd, `nats` nats-server, `root` the
 * kernel's root file system.
 */
export const ensureImages = async ({ kubernetes, programs, nats, root }, progress = quiet) => {
  await ensureDebianPackages(["mmdebstrap"], progress);
  const archives = [];
  for (const archive of [
    ofProgram({ name: "pause", program: join(kubernetes, "pause"), place: "/pause" }),
    ofProgram({ name: "nats", program: nats, place: "/usr/local/bin/nats-server" }),
    ofNode,
    ofKernel(root),
  ]) {
    progress.say(`packing ${archive.file}`);
    archives.push(await ensureArchive(archive, progress));
  }
  return ensureStore({ archives, programs }, progress);
};
