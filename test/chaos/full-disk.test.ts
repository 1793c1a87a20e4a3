/** The disk under the ledger, the archive and the files is full for a while: refused in words, nothing accepted lost; next: cell.ts. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jest } from "@jest/globals";
import { waitUntil } from "#standalone/ready.ts";
import { type LiveSystem, startLiveSystem } from "#test/end-to-end/live-system.ts";
import { text, Visitor } from "#test/end-to-end/visitor.ts";

jest.setTimeout(120_000);

const dataMs = 60_000;

describe("a full disk", () => {
  let dataPath: string;
  let system: LiveSystem;
  let visitor: Visitor;
  const sized = (bytes: number | string) => execFileSync("mount", ["-o", `remount,size=${bytes}`, dataPath]);
  const fill = () => {
    const { blocks, bfree, bsize } = statfsSync(dataPath);
    sized((blocks - bfree) * bsize);
  };

  beforeAll(async () => {
    dataPath = mkdtempSync(join(tmpdir(), "sandcell-full-"));
    // The ledger reserves five gigabytes of its disk when it starts; memory is used only for what is written.
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=8g", "sandcell-full", dataPath]);
    system = await startLiveSystem({ kernels: 1, kernelsMax: 1, dataPath });
    visitor = new Visitor(() => system.urls);
  });
  afterAll(async () => {
    await system?.stop();
    execFileSync("umount", ["--lazy", dataPath]);
    rmdirSync(dataPath);
  });

  test("refuses in words, loses nothing that was accepted, and is over when there is room again", async () => {
    expect((await visitor.run({ code: "1+1" })).outcome.kind).toBe("ok");
    fill();
    const accepted: string[] = [];
    let refused: Response | undefined;
    while (refused === undefined && accepted.length < 1000) {
      const response = await visitor.ask("/v1/computations", { json: { code: "print('accepted')", language: "python" } });
      if (response.status === 201) accepted.push(((await response.json()) as { id: string }).id);
      else refused = response;
    }
    expect(refused?.status).toBe(503);
    expect(await refused?.json()).toMatchObject({ code: "unavailable" });

    sized("8g");
    await waitUntil("an answer", dataMs, async () => (await visitor.run({ code: "6*7" })).outcome.kind === "ok");
    for (const id of accepted) {
      const finished = await visitor.finish(id);
      if (finished.outcome.kind === "ok") expect(text(finished)).toBe("accepted\n");
      else expect(finished.outcome).toMatchObject({ kind: "lost", message: expect.any(String) });
    }
    const metric = async () => (await fetch(`${system.metricsUrls[0]}/metrics`)).text();
    await waitUntil("an empty line to the archive", dataMs, async () =>
      /^sandcell_archive_waiting\S* 0$/m.test(await metric()),
    );
  });
});
