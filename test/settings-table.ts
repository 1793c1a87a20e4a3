/** docs/settings.md as it must be, from the schemas that check the settings: `node test/settings-table.ts` writes it; next: docs.test.ts. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { agentSettings } from "#agent/settings.ts";
import { gatewaySettings } from "#gateway/settings.ts";
import { settingName } from "#service/settings.ts";

export const settingsPath = join(import.meta.dirname, "../docs/settings.md");

const tables: readonly (readonly [string, z.ZodObject])[] = [
  ["Gateway", gatewaySettings],
  ["Agent", agentSettings],
];

const rowsOf = (schema: z.ZodObject): string[] =>
  Object.entries(schema.shape).map(([key, field]) => {
    const { description, default: value } = z.toJSONSchema(field as z.ZodType, { io: "input", unrepresentable: "any" });
    const shown = key === "spoolDirectory" ? "the system's" : value === undefined ? "" : `\`${JSON.stringify(value)}\``;
    return `| \`${settingName(key)}\` | ${shown} | ${description ?? ""} |`;
  });

export function settingsPage(): string {
  const sections = tables.map(
    ([name, schema]) => `## ${name}\n\n| variable | default | what |\n|---|---|---|\n${rowsOf(schema).join("\n")}\n`,
  );
  return `# Settings

Every process reads its settings once, from environment variables, and refuses to start with all mistakes at once. On one machine \`npm start\` sets them;
its own options are explained by \`npm start -- --help\`. The filestore's are in [files.md](files.md). This page is made from the schemas that
check the settings.

${sections.join("\n")}`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(settingsPath, settingsPage());
