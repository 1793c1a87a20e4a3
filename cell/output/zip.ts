/** All files of a computation in one, packed in the page; a chunk of its own; next: files-view.ts. */
import { downloadZip } from "client-zip";
import type { FileEntry } from "#protocol/computation.ts";

/** Times of a ZIP's entries tell nothing here: the same files give the same bytes. */
const lastModified = new Date(1980, 0, 1);

/** One file is fetched after the other. Rejects with words for the reader. */
export function zipOf(files: readonly FileEntry[], fetchFile: (path: string) => Promise<Blob>): Promise<Blob> {
  async function* entries() {
    for (const { path } of files) yield { name: path, input: await fetchFile(path), lastModified };
  }
  return downloadZip(entries()).blob();
}
