/** What runs now is written down, so that the start after a kill finds and ends it; next: system.ts. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type DataFolder, StartRefused, writePrivate } from "#standalone/data-folder.ts";
import { isStill, killMarked, type ProcessMark } from "#standalone/process-table.ts";
import type { Sandboxes } from "#standalone/sandboxes.ts";

const recordPath = (folder: DataFolder) => join(folder.runPath, "processes.json");
export const credentialsPath = (folder: DataFolder) => join(folder.runPath, "credentials");

/** The processes of this run, by name, on disk at every change. */
export class RunRecord {
  readonly #folder: DataFolder;
  readonly #marks = new Map<string, ProcessMark>();

  constructor(folder: DataFolder) {
    this.#folder = folder;
  }

  note(name: string, mark: ProcessMark | undefined): void {
    if (mark) this.#marks.set(name, mark);
    this.#write();
  }

  forget(name: string): void {
    if (this.#marks.delete(name)) this.#write();
  }

  #write(): void {
    writePrivate(recordPath(this.#folder), JSON.stringify([...this.#marks]));
  }
}

/** Processes recorded by an earlier run; a record that was half written names none: its processes died with their parent. */
const recorded = (folder: DataFolder): [string, ProcessMark][] => {
  const path = recordPath(folder);
  if (!existsSync(path)) return [];
  try {
    return JSON.parse(readFileSync(path, "utf8")) as [string, ProcessMark][];
  } catch {
    return [];
  }
};

/**
 * Ends what an earlier run left: processes that are provably its own, kernels by its control groups and runsc's state, and their
 * credentials. Returns how many of each; throws StartRefused when something will not go.
 */
export const sweepLeftovers = async (
  folder: DataFolder,
  sandboxes: Sandboxes,
): Promise<{ processes: number; kernels: number }> => {
  const marks = recorded(folder);
  let processes = 0;
  for (const [name, mark] of marks) {
    if (!isStill(mark)) continue;
    if (!(await killMarked(mark)))
      throw new StartRefused(`${name} of an earlier run (process ${mark.pid}) does not end: end it by hand.`);
    processes += 1;
  }
  const kernels = await sandboxes.list();
  for (const kernel of kernels) await sandboxes.remove(kernel);
  rmSync(credentialsPath(folder), { recursive: true, force: true });
  rmSync(recordPath(folder), { force: true });
  return { processes, kernels: kernels.length };
};
