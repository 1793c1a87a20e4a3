// Programs built from Go modules that this folder pins: fetched, patched by a line where needed, built once. Next: kubernetes.mjs.
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { goEnvironment } from "../../../standalone/install/go.mjs";
import { withLock } from "../../../standalone/install/lock.mjs";
import { cachePath, makeWhole, projectPath, quiet } from "../../../standalone/install/places.mjs";
import { ask, run } from "../../../standalone/install/programs.mjs";

const sourcesPath = join(projectPath, "test/cluster/programs");
/** One for all builds, so that an interrupted one goes on where it was; several GB, hence `dropGoCache`. */
const goCachePath = () => join(cachePath(), "go-cache");

/** Removes what only builds need. Call it when all programs are there. */
export const dropGoCache = () => rmSync(goCachePath(), { recursive: true, force: true });

/** 8 hex digits over the sources and everything that says how they are built. */
const hashOf = (folder, set) => {
  const hash = createHash("sha256").update(JSON.stringify(set)).update(process.arch);
  for (const name of readdirSync(folder, { recursive: true }).sort()) {
    const path = join(folder, name);
    if (statSync(path).isFile()) hash.update(`\n${name}\n`).update(readFileSync(path));
  }
  return hash.digest("hex").slice(0, 8);
};

/** A writable copy of a module with one text replaced. Throws when the text is not there exactly once: then the patch has had its day. */
const patchedCopy = ({ file, from, to }, original, copy) => {
  cpSync(original, copy, { recursive: true });
  const path = join(copy, file);
  const parts = readFileSync(path, "utf8").split(from);
  if (parts.length !== 2) throw new Error(`${path} does not have once what is to be patched: ${from}`);
  writeFileSync(path, parts.join(to), { mode: 0o644 });
};

/** Writes the go.mod that takes the patched copies, for -modfile (`go build -overlay` refuses files of the module cache). */
const patchedModfile = async ({ folder, scratch, patches, env }) => {
  const modfile = join(scratch, "patched.mod");
  cpSync(join(folder, "go.mod"), modfile);
  cpSync(join(folder, "go.sum"), join(scratch, "patched.sum"));
  for (const patch of patches) {
    const list = [];
    await run(["go", "list", "-m", "-f", "{{.Dir}}", patch.module], { cwd: folder, env, onLine: (line) => list.push(line) });
    const copy = join(scratch, basename(patch.module));
    patchedCopy(patch, list.at(-1), copy);
    await run(["go", "mod", "edit", "-replace", `${patch.module}=${copy}`, modfile], { cwd: folder, env });
  }
  return modfile;
};

const build = async ({ folder, set, part, progress }) => {
  const scratch = `${part}.go`;
  try {
    const env = { ...(await goEnvironment(scratch, progress)), GOCACHE: goCachePath() };
    const options = { env, cwd: folder };
    let modules = 0;
    progress.say("fetching modules");
    const onModule = (line) => line.startsWith("go: downloading") && progress.say(`fetching module ${++modules}`);
    await run(["go", "mod", "download"], { ...options, onLine: onModule });
    mkdirSync(scratch, { recursive: true });
    const modfile = await patchedModfile({ folder, scratch, patches: set.patches, env });
    const flags = ["-modfile", modfile, "-tags", set.tags.join(",")];
    const packages = new Set();
    await run(["go", "list", ...flags, "-deps", ...set.programs.map((program) => program.from)], {
      ...options,
      onLine: (line) => packages.add(line),
    });
    mkdirSync(part);
    let compiled = 0;
    for (const { name, from } of set.programs) {
      // A package that was compiled for an earlier program is not named again: the percentage then stops early.
      const onLine = () => progress.say(`compiling ${name} (${set.cost})`, Math.min(99, (100 * ++compiled) / packages.size));
      const command = ["go", "build", "-v", "-trimpath", "-buildvcs=false", ...flags, "-ldflags", `-s -w ${set.ldflags}`];
      await run([...command, "-o", join(part, name), from], { ...options, onLine });
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};

/**
 * Returns the folder with a set's programs: CACHE/bin/NAME-HASH, built when it is not there. A set is
 * { name, module (a folder of programs/), patches, tags, ldflags, cost (in words), programs: [{ name, from: a Go package, check: arguments that it answers }] }.
 */
export const ensureGoPrograms = async (set, progress = quiet) => {
  const folder = join(sourcesPath, set.module);
  const path = join(cachePath(), "bin", `${set.name}-${hashOf(folder, set)}`);
  if (existsSync(path)) return path;
  // The lock of the Go cache, not of the path: two builds at once would only take each other's processor.
  await withLock(goCachePath(), async () => {
    if (existsSync(path)) return;
    mkdirSync(join(cachePath(), "bin"), { recursive: true });
    await makeWhole(path, async (part) => {
      await build({ folder, set, part, progress });
      for (const { name, check } of set.programs)
        if (check && ask(join(part, name), check) === null) throw new Error(`the ${name} just built does not run here`);
    });
    progress.made(readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0));
  });
  return path;
};
