/** docs/chart-values.md as it must be, from the comments of values.yaml; next: render.ts. */
import { isMap, isScalar, type Pair, parseDocument, stringify } from "yaml";
import { read } from "#test/tree.ts";

/** A value and its comment; what has no comment of its own but values inside is told by them. */
type Row = { path: string; standard: string; comment: string };

const oneLine = (comment: string | null | undefined): string =>
  // What an empty line parts from the value speaks of the file.
  (comment ?? "")
    .split(/\n\s*\n/)
    .at(-1)
    ?.split("\n")
    .map((line) => line.trim())
    .join(" ") ?? "";

/** The first value of a map has its comment at the map. */
function rowsOf(pair: Pair, above: string, before: string | null | undefined): Row[] {
  if (!isScalar(pair.key)) return [];
  const path = `${above}${String(pair.key.value)}`;
  const comment = oneLine(pair.key.commentBefore ?? before);
  const { value } = pair;
  if (isMap(value) && comment === "")
    return value.items.flatMap((inner, at) => rowsOf(inner, `${path}.`, at === 0 ? value.commentBefore : undefined));
  const standard = stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trim();
  return [{ path, standard, comment }];
}

export function valueRows(): Row[] {
  const { contents } = parseDocument(read("charts/sandcell/values.yaml"));
  if (!isMap(contents)) throw new Error("values.yaml is no map");
  return contents.items.flatMap((pair, at) => rowsOf(pair, "", at === 0 ? contents.commentBefore : undefined));
}

export const valuesPage = (): string => `# Values of the chart

This page is made from \`charts/sandcell/values.yaml\`: \`npm run docs\` writes it, a test compares. A name that is not here is refused, and so is a value of
another kind (\`charts/sandcell/values.schema.json\`). How to run it: [operating.md](operating.md).

| value | default | what |
|---|---|---|
${valueRows()
  .map(({ path, standard, comment }) => `| \`${path}\` | \`${standard}\` | ${comment} |`)
  .join("\n")}
`;
