// The images that pods of the tests run, as OCI archives and imported once: the pause of every pod, NATS, all Node processes, the kernel. Next: ../run.mjs.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ensureDebianPackages } from "../../../standalone/install/debian.mjs";
import { withLock } from "../../../standalone/install/lock.mjs";
import { cachePath, makeWhole, projectPath, quiet } from "../../../standalone/install/places.mjs";
import { run } from "../../../standalone/install/programs.mjs";

/** The tag of everything that is tested: no registry has it. */
const tag = "test";
const build = join(projectPath, "kernel-image/build");

const folders = ["protocol", "service", "database", "operator", "gateway", "agent", "filestore", "cell/dist"];
const called = (name) => `docker.io/sandcell/${name}:${tag}`;

/** 8 hex digits over the files and folders below the tree, so that a clone and a checkout find what is there. */
const hashOf = (names) => {
  const hash = createHash("sha256");
  const add = (path) => {
    if (basename(path) === "__pycache__") return;
    if (statSync(path).isDirectory()) for (const name of readdirSync(path).sort()) add(join(path, name));
    else hash.update(`\n${path.slice(projectPath.length)}\n`).update(readFileSync(path));
  };
  for (const name of names) add(join(projectPath, name));
  return hash.digest("hex").slice(0, 8);
};

/** Returns CACHE/images/NAME-VERSION-HASH.tar, written by `command` when it is not there. One of a name is kept: they are big. */
const ensureArchive = async ({ name, version, sources, command, env }, progress) => {
  const path = join(cachePath(), "images", `${name}-${version}-${hashOf(sources)}.tar`);
  if (existsSync(path)) return path;
  // The lock of the name: another tree's archive of it gives way.
  await withLock(join(dirname(path), name), async () => {
    if (existsSync(path)) return;
    mkdirSync(dirname(path), { recursive: true });
    for (const other of readdirSync(dirname(path)))
      if (other.startsWith(`${name}-`)) rmSync(join(dirname(path), other), { recursive: true, force: true });
    await makeWhole(path, (part) =>
      run(command(part), {
        env: { ...process.env, SANDCELL_CACHE: cachePath(), ...env },
        onLine: (line) => progress.say(line),
      }),
    );
    progress.made(statSync(path).size);
  });
  return path;
};

const packing = ["image.py", "recipe.py", "root.py"].map((name) => `kernel-image/build/${name}`);

/** Programs stand in the cache as NAME-VERSION, or in a folder NAME-VERSION-HASH. */
const versionOf = (program) => /-(\d[^/]*)(\/[^/]+)?$/.exec(program)?.[1] ?? "1";

/** The image of one program that needs nothing beside it. */
const ofProgram = ({ name, program, place }) => ({
  name,
  version: versionOf(program),
  sources: [packing[0], "test/cluster/install/program_image.py"],
  command: (out) => ["python3", join(projectPath, "test/cluster/install/program_image.py"), program, place, out, called(name)],
  env: { PYTHONPATH: build },
});

const ofNode = {
  name: "node",
  version: tag,
  sources: [...packing, "kernel-image/build/node_image.py", "package.json", "package-lock.json", ...folders],
  command: (out) => ["python3", join(build, "node_image.py"), out, "--uncompressed", "--name", called("node")],
};

const ofKernel = (root) => ({
  name: "kernel",
  version: basename(dirname(root)),
  sources: [...packing, "kernel-image/build/build.py", "kernel-image/process.json", "kernel-image/kernel"],
  command: (out) => ["python3", join(build, "build.py"), "image", out, "--uncompressed", "--name", called("kernel")],
});

/** Imports those archives that changed into a containerd's folder, of which each node gets a copy by links. */
const ensureStore = async ({ archives, programs }, progress) => {
  const path = join(cachePath(), "images", "store");
  const stamp = join(path, "imported.json");
  await withLock(path, async () => {
    const known = existsSync(stamp) ? JSON.parse(readFileSync(stamp, "utf8")) : [];
    const changed = archives.filter((archive) => !known.includes(archive));
    if (changed.length === 0) return;
    mkdirSync(path, { recursive: true });
    const apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"];
    const script = join(projectPath, "test/cluster/install/image-store.sh");
    await run([...apart, "sh", script, programs, path, ...changed], { onLine: (line) => progress.say(line) });
    writeFileSync(stamp, JSON.stringify(archives));
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
    progress.say(`packing ${archive.name}`);
    archives.push(await ensureArchive(archive, progress));
  }
  return ensureStore({ archives, programs }, progress);
};
