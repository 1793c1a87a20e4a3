/** What was promised holds when any one process is killed: real Sage, real gVisor, real NATS; next: promises.ts. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jest } from "@jest/globals";
import { answering, type Running, recorded, runMain, traces } from "#standalone/testing/running.ts";
import { type Audit, openAudit } from "#test/end-to-end/ledger-audit.ts";
import { type LiveSystem, startLiveSystem } from "#test/end-to-end/live-system.ts";
import { keepsWhatWasPromised, saying } from "#test/end-to-end/promises.ts";
import { type Finished, text, Visitor } from "#test/end-to-end/visitor.ts";

jest.setTimeout(120_000);

const limitSeconds = 20;
/** Goes on saying lines for more than a second. */
const slow = saying(25);
/** Still runs when its kernel is looked up and killed, however slow the machine. */
const endless = saying(limitSeconds * 100);
/** Beyond the time limit: how long a computation may be without its outcome when something died. */
const leaseMs = 15_000;
const lastsMsMax = limitSeconds * 1000 + leaseMs;
const keepsPromises = (visitor: Visitor, audit: Audit, finished: Finished, whole: string) =>
  keepsWhatWasPromised({ visitor, audit, finished, whole, lastsMsMax });

/** Two that run and two that wait; the first is watched until it has said a few lines. */
const submitSome = async (visitor: Visitor, firstOne = slow) => {
  const ids: string[] = [];
  for (const { code } of [firstOne, slow, slow, slow])
    ids.push(await visitor.submit({ code, language: "python", timeoutSeconds: limitSeconds }));
  const [first = "", ...others] = ids;
  let begun = () => {};
  const running = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const watched = visitor.finish(first, (message) => {
    if (JSON.stringify(message).includes("line 5")) begun();
  });
  await Promise.race([running, watched]);
  return {
    first,
    /** What it says if nothing comes between. */
    whole: (id: string) => (id === first ? firstOne : slow).whole,
    all: () => Promise.all([watched, ...others.map((id) => visitor.finish(id))]),
  };
};

describe("computations that run and wait are answered as promised when there is killed", () => {
  let system: LiveSystem;
  let audit: Audit;
  let visitor: Visitor;
  beforeAll(async () => {
    system = await startLiveSystem({ kernels: 2, kernelsMax: 2, gateways: 2 });
    audit = await openAudit(system);
    visitor = new Visitor(() => system.urls);
  });
  afterAll(async () => {
    await audit?.close();
    expect(await system?.end()).toEqual([]);
  });

  const pidOf = (name: string) => system.processes().find((one) => one.name === name)?.pid ?? -1;
  const kill = (pid: number) => {
    if (pid <= 1) throw new Error("nothing to kill");
    process.kill(pid, "SIGKILL");
  };
  const afterKilling = async (pids: (kernel: string) => number[], firstOne = slow) => {
    const some = await submitSome(visitor, firstOne);
    const victims = pids((await audit.kernelOf(some.first)) ?? "");
    expect(victims.length).toBeGreaterThan(0);
    victims.forEach(kill);
    const finished = await some.all();
    for (const one of finished) await keepsPromises(visitor, audit, one, some.whole(one.id));
    expect((await visitor.run({ code: "6*7" })).messages[0]?.content["data"]).toMatchObject({ "text/plain": "42" });
    return finished.map(({ outcome }) => outcome);
  };
  const allOk = Array(4).fill(expect.objectContaining({ kind: "ok" }));

  test("the gateway that took them: the other adopts them, and nothing is missing", async () => {
    expect(await afterKilling(() => [pidOf("gateway-1")])).toEqual(allOk);
  });
  test("every gateway: those that are started again adopt them, and nothing is missing", async () => {
    expect(await afterKilling(() => [pidOf("gateway-1"), pidOf("gateway-2")])).toEqual(allOk);
  });
  test("nats-server: what was said meanwhile is said after it is back, and nothing is missing", async () => {
    expect(await afterKilling(() => [pidOf("nats-server")])).toEqual(allOk);
  });
  test("the agent of one: that one is lost, with what it had said; the others are answered", async () => {
    const [first, ...others] = await afterKilling((kernel) => [pidOf(kernel)], endless);
    expect(first).toMatchObject({ kind: "lost", message: expect.stringMatching(/kernel/) });
    expect(others).toEqual(allOk.slice(1));
  });
  test("the sandbox of one: that one ends in words; the others are answered", async () => {
    const [first, ...others] = await afterKilling((kernel) => system.insideWall(kernel, "runsc-sandbox"), endless);
    expect(first).toMatchObject({ kind: "error", message: "The sandbox ended." });
    expect(others).toEqual(allOk.slice(1));
  });
  test("the filestore: what needs no file notices nothing", async () => {
    expect(await afterKilling(() => [pidOf("filestore")])).toEqual(allOk);
  });
  test("gateways and nats-server in the middle of a burst, at whatever step each computation is", async () => {
    const code = "import os\nprint('begun ' + os.urandom(8).hex())";
    const begun = Array.from({ length: 24 }, () => visitor.run({ code, language: "python", timeoutSeconds: limitSeconds }));
    for (const name of ["gateway-1", "nats-server", "gateway-2"]) {
      await Promise.race(begun);
      kill(pidOf(name));
      await visitor.run({ code: "1+1" });
    }
    for (const one of await Promise.all(begun)) {
      await keepsPromises(visitor, audit, one, "");
      expect(one.outcome.kind).toBe("ok");
    }
  });
});

describe("when the supervisor itself is killed", () => {
  let dataPath = "";
  beforeAll(() => {
    dataPath = mkdtempSync(join(tmpdir(), "sandcell-killed-"));
  });
  const settings = { kernelCodePath: join(import.meta.dirname, "..", "..", "kernel-image", "kernel") };
  const started: Running[] = [];
  const start = async () => {
    const running = runMain({ dataPath, more: ["--kernels", "2", "--kernels-max", "2"], settings });
    started.push(running);
    return answering(running);
  };
  afterAll(async () => {
    for (const { child, ended } of started) {
      child.kill("SIGINT");
      await ended;
    }
    expect(traces(dataPath)).toEqual([]);
    rmSync(dataPath, { recursive: true, force: true });
  });

  test("everything goes with it; a new start gives orphans their outcome and runs what waited", async () => {
    let url = await start();
    const visitor = new Visitor(() => [url]);
    const done = await visitor.run({ code: "print('before')" });
    const some = await submitSome(visitor, endless);
    const first = started[0] as Running;
    const pids = [...recorded(dataPath).values()];
    first.child.kill("SIGKILL");
    await first.ended;
    const reading = some.all();
    url = await start();
    expect(pids.filter((pid) => [...recorded(dataPath).values()].includes(pid))).toEqual([]);
    const finished = await reading;
    const natsUrl = `nats://${/"listen": ?"([^"]+)"/.exec(readConfig())?.[1]}`;
    const audit = await openAudit({ natsUrl, natsCredentialFile: join(dataPath, "secrets", "service.creds") });
    try {
      for (const one of finished) await keepsPromises(visitor, audit, one, some.whole(one.id));
    } finally {
      await audit.close();
    }
    const kinds = finished.map(({ outcome }) => outcome.kind);
    expect(kinds[0]).toBe("lost");
    expect(kinds.slice(2)).toEqual(["ok", "ok"]);
    expect(await visitor.finish(done.id)).toMatchObject({ messages: done.messages, outcome: done.outcome });
    expect(text(await visitor.run({ code: "print('after')" }))).toBe("after\n");
  });
  const readConfig = () => readFileSync(join(dataPath, "nats", "nats-server.conf"), "utf8");
});
