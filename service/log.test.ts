/** What a log line shows of an error, and a log that cannot be written; next: settings.test.ts. */
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { logTo, makeLog } from "#service/log.ts";

test.each(["error", "err"])("an error under the name %s shows what it says and where, and no other field", (field) => {
  const folder = mkdtempSync(join(tmpdir(), "sandcell-log-"));
  const file = join(folder, "log");
  const failure = Object.assign(new Error("it broke", { cause: new Error("the disk is full") }), { body: "a whole answer" });
  makeLog("gateway", "info", pino.destination({ dest: file, sync: true })).error({ [field]: failure }, "a pass failed");
  const line = JSON.parse(readFileSync(file, "utf8")) as Record<string, Record<string, unknown>>;
  rmSync(folder, { recursive: true });
  expect(line[field]).toMatchObject({ type: "Error", message: "it broke", cause: "the disk is full" });
  expect(line[field]?.["stack"]).toContain("log.test.ts");
  expect(line[field]).not.toHaveProperty("body");
});

test("a full disk costs lines of the log, and not the process", async () => {
  const destination = logTo("/dev/full");
  const log = makeLog("gateway", "info", destination);
  const failed = once(destination, "error");
  const dropped = new Promise((resolve) => destination.once("drop", resolve));
  log.info("lost");
  expect(await failed).toMatchObject([{ code: "ENOSPC" }]);
  for (let n = 0; n < 2000; n++) log.info("x".repeat(1000));
  await dropped;
  destination.destroy();
});
