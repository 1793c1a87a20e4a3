/** For a test file: folders that are gone after the test that asked for them; next: agent-rig.ts. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** To be called in a describe or at the top of a file. Each call of the result makes an empty folder and gives its path. */
export function temporaryFolders(): () => string {
  const made: string[] = [];
  afterEach(() => {
    for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
  });
  return () => {
    const path = mkdtempSync(join(tmpdir(), "sandcell-test-"));
    made.push(path);
    return path;
  };
}
