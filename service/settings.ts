/** Settings of every process, parsed once from the environment and handed down; next: log.ts. Only this file reads process.env. */
import { z } from "zod";

/** `natsUrl` is given as SANDCELL_NATS_URL. */
export const settingName = (key: string): string => `SANDCELL_${key.replaceAll(/[A-Z]/g, (c) => `_${c}`).toUpperCase()}`;

/** A setting whose value is JSON text. */
export const jsonSetting = <T extends z.ZodType>(schema: T) =>
  z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: "custom", message: "is not JSON" });
        return z.NEVER;
      }
    })
    .pipe(schema);

/** A yes or no: true/false, 1/0, yes/no, on/off. */
export const flagSetting = () => z.stringbool();

/** What every process needs. */
export const commonSettings = {
  logLevel: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .default("info")
    .describe("least level logged"),
  /** The starter holds the other end of standard input: when it closes, the starter is gone and so must we. */
  exitWithParent: flagSetting().default(false).describe("stop when standard input closes"),
};

export class SettingsError extends Error {
  override name = "SettingsError";
}

/**
 * Reads the settings that `schema` names from the environment. An empty value counts as not given.
 * Throws SettingsError with all mistakes at once, each with its variable's name.
 */
export function readSettings<S extends z.ZodObject>(
  schema: S,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): z.infer<S> {
  const given: Record<string, string> = {};
  for (const key of Object.keys(schema.shape)) {
    const value = environment[settingName(key)];
    if (value !== undefined && value !== "") given[key] = value;
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const [key, ...rest] = issue.path.map(String);
    return `  ${key === undefined ? "settings" : settingName(key)}${rest.map((r) => `.${r}`).join("")}: ${issue.message}`;
  });
  throw new SettingsError(`These settings are not right:\n${lines.join("\n")}`);
}

/** The environment that hands `settings` to a child process; undefined values are left out, objects become JSON. */
export function settingsEnvironment(settings: Readonly<Record<string, unknown>>): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [key, value] of Object.entries(settings)) {
    if (value === undefined) continue;
    environment[settingName(key)] = typeof value === "object" ? JSON.stringify(value) : String(value);
  }
  return environment;
}
