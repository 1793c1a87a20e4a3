/** The attacks on one machine; next: abuse-suite.ts, bare-attacks.test.ts (that they are real). */
import { type ChildProcess, spawn } from "node:child_process";
import { jest } from "@jest/globals";
import { abuseSuite } from "#test/end-to-end/abuse-suite.ts";
import { memoryWallBytes } from "#test/end-to-end/attacks.ts";
import { type LiveSystem, startLiveSystem } from "#test/end-to-end/live-system.ts";
import { Visitor } from "#test/end-to-end/visitor.ts";

jest.setTimeout(60_000);

let system: LiveSystem;
let visitor: Visitor;
let keeper: ChildProcess;
beforeAll(async () => {
  keeper = spawn("sleep", ["600"], { env: { SECRET: "of another process" }, stdio: "ignore" });
  // One kernel: the next computation has the same one, unless that had to be destroyed.
  system = await startLiveSystem({ kernels: 1, kernelsMax: 1 }, (options) => {
    const { template } = options.pool;
    const resources = { ...template.resources, memoryBytes: memoryWallBytes };
    return { ...options, pool: { ...options.pool, template: { ...template, resources } } };
  });
  visitor = new Visitor(() => system.urls);
});
afterAll(async () => {
  keeper?.kill("SIGKILL");
  expect(await system?.end()).toEqual([]);
});

describe("behind the walls", () => {
  abuseSuite({
    visitor: () => visitor,
    inPod: false,
    kernelCount: 1,
    kernels: async () => system.processes().flatMap(({ name }) => (/^k[0-9a-z]{25}$/.test(name) ? [name] : [])),
    reachable: () => ({
      addresses: [["127.0.0.1", Number(new URL(system.natsUrl).port)]],
      pid: keeper.pid ?? -1,
    }),
  });
});
