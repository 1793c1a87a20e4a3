/**
 * How files come by their names so that they last, many together, in the thread that calls; next: keepers.ts (which thread that is).
 *
 *     unfinished ──written, synced──▶ linked to its name, which fails if that is taken ──folders synced──▶ kept
 */
import { closeSync, constants, fsyncSync, linkSync, mkdirSync, openSync, realpathSync, unlinkSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** `bytes`: all of a small file; without them `unfinished` has been written already. Nothing above `root` is made or synced. */
export type Keep = { unfinished: string; file: string; root: string; bytes: Uint8Array | undefined };
/** `taken`: the name was, also by a folder. `astray`: a link in the store leads somewhere else. Otherwise the system's error. */
export type Kept = "kept" | "taken" | "astray" | { code: string; message: string };

const taken = new Set(["EEXIST", "ENOTDIR", "EISDIR"]);

/** An outcome for each, in their order; nothing unfinished is left. Syncing comes in rounds: what one sync writes to disk the next need not. */
export function keepAll(keeps: readonly Keep[]): Kept[] {
  const outcomes: (Kept | undefined)[] = keeps.map(() => undefined);
  const round = <T>(step: (keep: Keep, at: number) => T): (T | undefined)[] =>
    keeps.map((keep, at) => {
      if (outcomes[at]) return undefined;
      try {
        return step(keep, at);
      } catch (error) {
        outcomes[at] = failed(error);
        return undefined;
      }
    });
  const open = round(written);
  round((_, at) => synced(open[at]));
  const folders = round((keep, at) => {
    const named = giveName(keep);
    if (typeof named === "string") outcomes[at] = named;
    return typeof named === "string" ? [] : named;
  });
  const done = new Set<string>();
  round((_, at) => {
    for (const folder of folders[at] ?? []) {
      if (!done.has(folder)) syncFolder(folder);
      done.add(folder);
    }
    outcomes[at] = "kept";
  });
  for (const { unfinished } of keeps) remove(unfinished);
  return outcomes.map((outcome) => outcome ?? { code: "", message: "not reached" });
}

function written({ unfinished, bytes }: Keep): number {
  const file = openSync(unfinished, bytes ? "wx" : "r+", 0o644);
  try {
    for (let done = 0; bytes && done < bytes.length; ) done += writeSync(file, bytes, done);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function synced(file: number | undefined): void {
  if (file === undefined) return;
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** `link`, unlike `rename`, never replaces: of two uploads one gets the name. Answers the folders in which a name is new. */
function giveName({ unfinished, file, root }: Keep): string[] | "taken" | "astray" {
  const parent = dirname(file);
  try {
    const made = mkdirSync(parent, { recursive: true, mode: 0o755 });
    if (realpathSync.native(parent) !== parent) return "astray";
    linkSync(unfinished, file);
    // A name lasts when its folder, and every folder that was new, is on disk.
    const folders = [parent];
    for (let each = parent; made !== undefined && each !== root && each !== dirname(made); folders.push(each))
      each = dirname(each);
    return folders;
  } catch (error) {
    if (taken.has(codeOf(error))) return "taken";
    throw error;
  }
}

function syncFolder(folder: string): void {
  const opened = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

function remove(unfinished: string): void {
  try {
    unlinkSync(unfinished);
  } catch {
    // It may never have been made.
  }
}

const failed = (error: unknown) => ({ code: codeOf(error), message: String(error) });

/** The system's, such as ENOENT; empty where it has none. */
export const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
