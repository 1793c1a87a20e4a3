/** That the attacks are real: they succeed where no wall is, in a plain Python on this machine; next: live-system.ts. */
import { type ChildProcess, spawn } from "node:child_process";
import { jest } from "@jest/globals";
import { type Attack, resourceAttacks } from "#test/end-to-end/attacks.ts";
import { hostileFiles, leavings, reachingAttacks } from "#test/end-to-end/attacks-on-others.ts";
import { runBare, runBareInOne } from "#test/end-to-end/bare-python.ts";
import { type NatsServer, startNatsServer } from "#test/nats-server.ts";

jest.setTimeout(60_000);

let nats: NatsServer;
let keeper: ChildProcess;
beforeAll(async () => {
  keeper = spawn("sleep", ["600"], { env: { SECRET: "of another process" }, stdio: "ignore" });
  nats = await startNatsServer();
});
afterAll(async () => {
  keeper?.kill("SIGKILL");
  await nats?.stop();
});
const reachable = () => ({ addresses: [["127.0.0.1", nats.port] as const], pid: keeper.pid ?? -1 });

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
