/** How settings are read and refused; next: ledger.test.ts. */
import { z } from "zod";
import { flagSetting, jsonSetting, readSettings, SettingsError, settingName, settingsEnvironment } from "#service/settings.ts";

const schema = z.object({
  natsUrl: z.string(),
  port: z.coerce.number().int().default(8080),
  verbose: flagSetting().default(false),
  kernelCommand: jsonSetting(z.array(z.string())).optional(),
});

describe("settings", () => {
  test("a key's variable is its upper-case name behind SANDCELL_", () => {
    expect(settingName("natsUrl")).toBe("SANDCELL_NATS_URL");
  });
  test("defaults fill what is not given, and an empty value is not given", () => {
    expect(readSettings(schema, { SANDCELL_NATS_URL: "nats://a", SANDCELL_PORT: "" })).toEqual({
      natsUrl: "nats://a",
      port: 8080,
      verbose: false,
    });
  });
  test("all mistakes are told at once, by variable", () => {
    const read = () => readSettings(schema, { SANDCELL_PORT: "x", SANDCELL_KERNEL_COMMAND: "[" });
    expect(read).toThrow(SettingsError);
    expect(read).toThrow(/SANDCELL_NATS_URL[\s\S]*SANDCELL_PORT[\s\S]*SANDCELL_KERNEL_COMMAND: is not JSON/);
  });
  test("what is handed to a child process is read back the same", () => {
    const settings = { natsUrl: "nats://a", port: 1, verbose: true, kernelCommand: ["a", "b c"] };
    expect(readSettings(schema, settingsEnvironment(settings))).toEqual(settings);
  });
});
