/** docs/kernel-pool.md and the CRD's file as they must be, from the KernelPool's schema; next: made-pages.ts. */
import { stringify } from "yaml";
import { kernelPoolFields, kernelPoolSpec, leaveMs } from "#operator/kernel-pool.ts";
import {
  group,
  kernelPoolCrd,
  kernelPoolStatus,
  kind,
  openApiSchema,
  printerColumns,
  version,
} from "#operator/kernel-pool-crd.ts";
import { rules, transitionRules } from "#operator/kernel-pool-rules.ts";
import { conditionReasons } from "#operator/pool/condition-reasons.ts";

type Schema = ReturnType<typeof openApiSchema>;
const propertiesOf = (schema: Schema) => Object.entries((schema["properties"] ?? {}) as Record<string, Schema>);

const typeOf = (schema: Schema): string => {
  if (Array.isArray(schema["enum"])) return schema["enum"].map((value) => `\`${value}\``).join(", ");
  const items = schema["items"] as Schema | undefined;
  return items ? `list of ${typeOf(items)}s` : String(schema["type"]);
};
const rowsOf = (schema: Schema, above: string): string[] =>
  propertiesOf(schema).flatMap(([name, field]) => {
    const path = `${above}${name}`;
    const inside = rowsOf(field, `${path}.`);
    if (inside.length > 0) return [`| **${path}** | | | ${field["description"] ?? ""} |`, ...inside];
    const standard = field["default"] === undefined ? "" : `\`${JSON.stringify(field["default"])}\``;
    return [`| \`${path}\` | ${typeOf(field)} | ${standard} | ${field["description"] ?? ""} |`];
  });
const specRows = rowsOf(openApiSchema(kernelPoolFields), "");
const statusRows = propertiesOf(openApiSchema(kernelPoolStatus)).map(
  ([name, field]) => `| \`${name}\` | ${typeOf(field)} | ${field["description"]} |`,
);
const ruleRows = [...rules, ...transitionRules].map(({ path, message }) => `- \`${path.join(".")}\`: ${message}.`);
const reasonRows = Object.entries(conditionReasons).map(([reason, { type, status, words, act }]) =>
  `| \`${reason}\` | ${type} | ${status ? "True" : "False"} | ${words} ${act} |`.replace(/ +\|$/, " |"),
);
const example = {
  apiVersion: `${group}/${version}`,
  kind,
  metadata: { name: "default" },
  spec: { capacity: { idleMin: 4, idleMax: 6, totalMax: 20 } },
};

export const kernelPoolPage = (): string => `# KernelPool

A \`KernelPool\` says how many kernels a cluster keeps warm and of what kind. This page is made from \`operator/kernel-pool.ts\`: \`npm run docs\` writes it, a test
compares. Whatever is left out has its default, so this is a whole pool:

\`\`\`yaml
${stringify(example).trim()}
\`\`\`

It lives in the namespace in which its kernels run. \`kubectl get kernelpools\` shows ${printerColumns.map(([name]) => name.toLowerCase()).join(", ")}; \`kubectl describe\` its
conditions and events; \`kubectl scale kernelpool default --replicas 6\` sets \`capacity.idleMin\`. Deleting a pool asks its kernels to
leave: they take nothing more, finish, and go, within ${leaveMs(kernelPoolSpec.parse({})) / 1000} s by default.

## What is wanted: spec

| field | type | default | what |
|---|---|---|---|
${specRows.join("\n")}

The API server refuses a pool that breaks one of these:

${ruleRows.join("\n")}

## What there is: status

| field | type | what |
|---|---|---|
${statusRows.join("\n")}

## Conditions

Each change of a condition's status or reason is an event of the pool as well, so \`kubectl get events\` tells its story.

| reason | condition | status | what it means, and what to do |
|---|---|---|---|
${reasonRows.join("\n")}
`;

export const crdFile = (): string =>
  `# Made from operator/kernel-pool.ts by npm run docs; a test compares.\n${stringify(kernelPoolCrd(), { lineWidth: 0 })}`;
