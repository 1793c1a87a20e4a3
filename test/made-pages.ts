/** The files that are made from the code: `node test/made-pages.ts` writes them; next: docs.test.ts, which compares. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { valuesPage } from "#test/chart/values-page.ts";
import { valuesSchema } from "#test/chart/values-schema.ts";
import { failuresPage } from "#test/failures-table.ts";
import { crdFile, kernelPoolPage } from "#test/kernel-pool-page.ts";
import { settingsPage } from "#test/settings-table.ts";
import { root } from "#test/tree.ts";

/** By their paths from the root of the tree. */
export const madePages: Record<string, () => string> = {
  "docs/settings.md": settingsPage,
  "docs/failures.md": failuresPage,
  "docs/kernel-pool.md": kernelPoolPage,
  "charts/sandcell/crds/kernelpools.yaml": crdFile,
  "docs/chart-values.md": valuesPage,
  "charts/sandcell/values.schema.json": valuesSchema,
};

if (process.argv[1] === import.meta.filename)
  for (const [path, page] of Object.entries(madePages)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), page());
  }
