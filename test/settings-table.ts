/** docs/settings.md as it must be, from the schemas that check the settings and the options of `npm start`; next: failures-table.ts. */
import { hostname, tmpdir } from "node:os";
import type { z } from "zod";
import { agentSettings } from "#agent/settings.ts";
import { filestoreSettings } from "#filestore/settings.ts";
import { gatewaySettings } from "#gateway/settings.ts";
import { operatorSettings } from "#operator/settings.ts";
import { settingName } from "#service/settings.ts";
import { optionGroups } from "#standalone/options.mjs";

export const processes: readonly (readonly [string, z.ZodObject])[] = [
  ["Gateway", gatewaySettings],
  ["Agent", agentSettings],
  ["Filestore", filestoreSettings],
  ["Operator", operatorSettings],
];

const shownDefault = (field: z.ZodType): string => {
  const { success, data } = field.safeParse(undefined);
  if (!success) return "must be given";
  if (data === undefined) return "none";
  if (data === "" || (Array.isArray(data) && data.length === 0)) return "none";
  return data === tmpdir() || data === hostname() ? "the system's" : `\`${String(data)}\``;
};
const settingRow = ([key, field]: [string, unknown]): string => {
  const type = field as z.ZodType;
  return `| \`${settingName(key)}\` | ${shownDefault(type)} | ${type.description ?? ""} |`;
};
const processTable = ([name, schema]: readonly [string, z.ZodObject]): string =>
  `## ${name}\n\n| variable | default | what |\n|---|---|---|\n${Object.entries(schema.shape).map(settingRow).join("\n")}\n`;

const optionRows = optionGroups.flatMap(({ options }) =>
  options.map(({ name, value, choices, default: standard, help }) => {
    const shown = choices ? ` ${choices.join("\\|")}` : value ? ` ${value}` : "";
    return `| \`--${name}${shown}\` | ${standard === null || standard === false ? "" : `\`${standard}\``} | ${help} |`;
  }),
);

export const settingsPage = (): string => `# Settings

This page is made from the schemas that check the settings and from the options of \`npm start\`: \`npm run docs\` writes it, a test compares.

## On one machine

\`npm start -- [OPTIONS]\`; it gives the processes below their settings.

| option | default | what |
|---|---|---|
${optionRows.join("\n")}

Big things (Sage, gVisor, nats-server) are kept in \`~/.cache/sandcell\`, or in the folder that the environment variable \`SANDCELL_CACHE\` names.

# The processes by themselves

Every process reads its settings once, from environment variables. One that is wrong or missing keeps it from starting; all mistakes are told at once. An
empty value counts as not given. Yes and no are \`true\` and \`false\` (or 1/0, yes/no, on/off).

${processes.map(processTable).join("\n")}`;
