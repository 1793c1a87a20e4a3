/** The attacks on one machine; and that they are real where no wall is; next: abuse-suite.ts. */
import { type ChildProcess, spawn } from "node:child_process";
import { jest } from "@jest/globals";
import { abuseSuite } from "#test/end-to-end/abuse-suite.ts";
import { type Attack, memoryWallBytes, resourceAttacks } from "#test/end-to-end/attacks.ts";
import { hostileFiles, leavings, reachingAttacks } from "#test/end-to-end/attacks-on-others.ts";
import { runBare, runBareInOne } from "#test/end-to-end/bare-python.ts";
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
    const { template, refill } = options.pool;
    const resources = { ...template.resources, memoryBytes: memoryWallBytes };
    const pool = { ...options.pool, template: { ...template, resources }, refill: { ...refill, perSecond: 5 } };
    return { ...options, pool };
  });
  visitor = new Visitor(() => system.urls);
});
afterAll(async () => {
  keeper?.kill("SIGKILL");
  expect(await system?.end()).toEqual([]);
});

const reachable = () => ({
  addresses: [["127.0.0.1", Number(new URL(system.natsUrl).port)] as const],
  pid: keeper.pid ?? -1,
});
describe("behind the walls", () => {
  abuseSuite({
    visitor: () => visitor,
    inPod: false,
    kernelCount: 1,
    kernels: async () => system.processes().flatMap(({ name }) => (/^k[0-9a-z]{25}$/.test(name) ? [name] : [])),
    reachable,
  });
});

const bareAttack = async ({ code, bare }: Attack) => {
  if (bare === undefined) throw new Error("it says nothing of a place without walls");
  if (bare instanceof RegExp) {
    const said = await runBare(code);
    expect(said.text).toMatch(bare);
    return;
  }
  const said = await runBare(code, bare.lasts * 1000);
  expect(said.ended).toBe(false);
};
const named = (attacks: Attack[]) => attacks.map((attack): [string, Attack] => [attack.name, attack]);
const bareReaching = reachingAttacks({ addresses: [], pid: 0 }).flatMap(({ name, bare }) => (bare ? [name] : []));
const reachingBy = (name: string) => reachingAttacks(reachable()).find((attack) => attack.name === name) as Attack;

describe("the attack succeeds where the wall is missing:", () => {
  test.each(named(resourceAttacks.filter(({ bare }) => bare)))("%s", async (_name, attack) => bareAttack(attack));
  test.each(bareReaching)("%s", async (name) => bareAttack(reachingBy(name)));
  test("what it leaves for the next: files, names, a socket, a daemon", async () => {
    const { text: said } = await runBareInOne([leavings.leave, leavings.look]);
    expect(said).toMatch(leavings.all);
  });
  test.each(["import os\nos._exit(7)", "import ctypes\nctypes.string_at(0)"])("%j takes the next with it", async (code) => {
    expect((await runBareInOne([code, "print(6 * 7)"])).text).not.toContain("42");
    expect((await runBareInOne(["1", "print(6 * 7)"])).text).toContain("42");
  });
  test("a link among the results, when whoever collects them follows it", async () => {
    const code = `${hostileFiles}\nimport shutil\nshutil.copy('passwd', 'copy')\nprint('collected', open('copy').read()[:5])`;
    expect((await runBare(code)).text).toContain("collected root:");
  });
});
