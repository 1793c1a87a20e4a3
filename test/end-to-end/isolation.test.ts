/** `isolation: sandbox` on the real system: a whole sandbox for one computation, and the next from the same checkpoint; next: abuse.test.ts. */
import { globSync, statSync } from "node:fs";
import { join } from "node:path";
import { jest } from "@jest/globals";
import { places } from "#standalone/testing/places.ts";
import { type LiveSystem, startLiveSystem } from "#test/end-to-end/live-system.ts";
import { text, Visitor } from "#test/end-to-end/visitor.ts";

jest.setTimeout(120_000);

let system: LiveSystem;
let visitor: Visitor;
beforeAll(async () => {
  system = await startLiveSystem({ kernels: 2, kernelsMax: 2, isolation: "sandbox" });
  visitor = new Visitor(() => [system.url]);
});
afterAll(async () => {
  expect(await system?.end()).toEqual([]);
});

const age = (path: string) => statSync(path).mtimeMs;
const checkpoints = () => globSync(join(places().cachePath, "checkpoint/*")).sort((one, other) => age(other) - age(one));
const code = "import os, uuid\nprint(os.path.exists('/dev/shm/left'))\nopen('/dev/shm/left', 'w').close()\nprint(uuid.uuid4())";

test("each of many computations in a row has a fresh sandbox, all from the one checkpoint", async () => {
  const [usedLast = ""] = checkpoints();
  const made = statSync(usedLast).ino;
  const seen = new Set<string>();
  for (let n = 0; n < 6; n++) {
    const run = await visitor.run({ code });
    expect(run.outcome.kind).toBe("ok");
    const [left, drawn = ""] = text(run).trim().split("\n");
    expect(left).toBe("False");
    seen.add(drawn);
  }
  expect(seen.size).toBe(6);
  expect(statSync(usedLast).ino).toBe(made);
});
