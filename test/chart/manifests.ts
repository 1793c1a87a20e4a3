/** The chart as plain YAML for `kubectl apply`: `npm run manifests` writes it, rendering.cluster.test.ts compares; next: values-schema.ts. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderText } from "#test/chart/render.ts";
import { root } from "#test/tree.ts";

const heading =
  "# Made from charts/sandcell and manifests/values.yaml by npm run manifests; manifests/README.md says how to use it.\n";

/** What only helm acts on: its tests, the Job before an upgrade, and notes to itself. */
const withoutHelm = (text: string): string =>
  text
    .split(/^---\n/m)
    .filter((part) => part.trim() !== "" && !part.includes("helm.sh/hook: "))
    .map((part) => part.replace(/^ *app\.kubernetes\.io\/managed-by: Helm\n/gm, ""))
    .join("---\n");

export const manifestFiles: Record<string, () => string> = {
  "manifests/sandcell.yaml": () =>
    heading + withoutHelm(renderText({ namespace: "sandcell", files: [join(root, "manifests/values.yaml")] })),
};

if (process.argv[1] === import.meta.filename)
  for (const [path, text] of Object.entries(manifestFiles)) writeFileSync(join(root, path), text());
