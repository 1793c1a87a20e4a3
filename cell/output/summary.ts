/** An output in one sentence, for the live region; next: ../announcer.ts (says it). */

import type { RunState } from "../run-state.ts";
import { statusOf } from "../status-words.ts";
import { words } from "../words/words.ts";
import type { Output } from "./items.ts";
import { chooseForm } from "./mime.ts";
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
    some("lines", counts.lines),
    some("results", counts.results),
    some("pictures", counts.pictures),
    some("frames", counts.frames),
    some("files", files),
  ].filter((part) => part !== "");
  return parts.length === 0 ? words("noOutput") : parts.join(", ");
}

/** What is said when a run is over. */
export function endInWords(state: RunState & { at: "finished" }, output: Output, files: number): string {
  if (state.end.kind === "ok") return words("finishedAloud", { output: outputInWords(countOutput(output), files) });
  return state.end.kind === "error" && state.errorName
    ? words("errorAloud", { error: state.errorName })
    : statusOf(state, 0).words;
}

function some(what: "lines" | "results" | "pictures" | "frames" | "files", n: number): string {
  return n === 0 ? "" : words(what, { n });
}
