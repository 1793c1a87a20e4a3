/** An output in one sentence, for the live region; next: ../announcer.ts (says it). */
import { chooseForm } from "./mime.ts";
import type { Output } from "./model.ts";
import { lineCount } from "./terminal-text.ts";

export interface Counts {
  readonly lines: number;
  readonly results: number;
  readonly pictures: number;
  readonly frames: number;
  readonly error: string | undefined;
}

export function countOutput(output: Output): Counts {
  const counts = { lines: 0, results: 0, pictures: 0, frames: 0, error: undefined as string | undefined };
  for (const item of output.items) {
    if (item.kind === "text") counts.lines += lineCount(item.text);
    else if (item.kind === "error") counts.error = item.name;
    else if (item.kind === "blocks") counts.results += item.blocks.roots.length;
    else if (item.kind === "bundle") {
      const { form } = chooseForm(item.bundle, true);
      if (form === "image") counts.pictures++;
      else if (form === "html") counts.frames++;
      else counts.results++;
    }
  }
  return counts;
}

/** "3 lines of output, 1 picture"; "no output" if there is none. */
export function outputInWords(counts: Counts, files: number): string {
  const parts = [
    some(counts.lines, "line of output", "lines of output"),
    some(counts.results, "result", "results"),
    some(counts.pictures, "picture", "pictures"),
    some(counts.frames, "interactive output", "interactive outputs"),
    some(files, "file", "files"),
  ].filter((part) => part !== "");
  return parts.length === 0 ? "no output" : parts.join(", ");
}

function some(count: number, one: string, many: string): string {
  return count === 0 ? "" : `${count} ${count === 1 ? one : many}`;
}
