/** The papers that are made from the code: `node test/made-pages.ts` writes them; next: docs.test.ts, which compares. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { failuresPage } from "#test/failures-table.ts";
import { settingsPage } from "#test/settings-table.ts";

export const docsFolder = join(import.meta.dirname, "../docs");
export const madePages: Record<string, () => string> = {
  "settings.md": settingsPage,
  "failures.md": failuresPage,
};

if (process.argv[1] === import.meta.filename)
  for (const [name, page] of Object.entries(madePages)) writeFileSync(join(docsFolder, name), page());
