/** The whole system started, interrupted and killed; next: process-table.test.ts. */
import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  globSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { subjects } from "#protocol/subjects.ts";
import { makeLog } from "#service/log.ts";
import { connectNats } from "#service/nats.ts";
import { startTicks } from "#standalone/process-table.ts";
import { answersHttp, waitUntil } from "#standalone/ready.ts";
import { answering, type Running, recorded, runMain, traces } from "#standalone/testing/running.ts";

const folders: string[] = [];
const started: Running[] = [];
const bystanders: ChildProcess[] = [];
const newFolder = () => {
  const path = mkdtempSync(join(tmpdir(), "sandcell-main-"));
  folders.push(path);
  return path;
};
const start = (options: Parameters<typeof runMain>[0]) => {
  const running = runMain(options);
  started.push(running);
  return running;
};
const stop = async (running: Running) => {
  running.child.kill("SIGINT");
  return running.ended;
};
afterEach(async () => {
  for (const running of started.splice(0))
    if (running.child.exitCode === null && running.child.signalCode === null) await stop(running);
}, 60_000);
afterAll(() => {
  for (const child of bystanders) child.kill("SIGKILL");
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});
const kernelOf = (dataPath: string) => [...recorded(dataPath).keys()].find((name) => /^k[0-9a-z]{25}$/.test(name));
const refused = async (running: Running) => {
  expect(await running.ended).toBe("code 1");
  expect(running.said()).not.toMatch(/\n\s+at /);
  return running.said();
};
const gone = (pid: number) => startTicks(pid) === undefined;

describe("a run", () => {
  // One for all, in this order; the last ends it.
  let running: Running;
  let dataPath: string;
  let url: string;
  beforeAll(async () => {
    dataPath = newFolder();
    running = runMain({ dataPath });
    url = await answering(running);
  }, 90_000);
  afterAll(async () => {
    if (running.child.exitCode === null) await stop(running);
  }, 60_000);

  test("says step by step what is up, answers, and keeps its secrets to itself", async () => {
    expect(await answersHttp(`${url}/healthz`)).toBe(true);
    expect(running.said()).toMatch(/nats-server is up.*filestore is up.*kernel 1 of 1 is warm \([0-9.]+ s\).*gateway is up/s);
    for (const name of readdirSync(join(dataPath, "secrets")))
      expect(statSync(join(dataPath, "secrets", name)).mode & 0o777).toBe(0o600);
  });
  test("has its folder to itself: a second one is refused in words", async () => {
    expect(await refused(start({ dataPath }))).toContain("Another Sandcell already runs on");
  }, 30_000);
  test("destroys a condemned kernel, confirms it, and makes another", async () => {
    const kernel = kernelOf(dataPath) ?? "";
    const agent = recorded(dataPath).get(kernel) ?? -1;
    const nats = await connectNats({
      url: `nats://${JSON.parse(readFileSync(join(dataPath, "nats", "nats-server.conf"), "utf8")).listen}`,
      credentialFile: join(dataPath, "secrets", "service.creds"),
      name: "test",
      log: makeLog("test", "silent"),
    });
    const reply = await nats.request(subjects.condemn("default"), JSON.stringify({ kernel, reason: "a test" }), {
      timeout: 10_000,
    });
    expect(reply.json()).toEqual({ kernel, destroyed: true });
    expect(gone(agent)).toBe(true);
    expect(traces(dataPath).filter((trace) => trace.includes(kernel))).toEqual([]);
    expect(existsSync(join(dataPath, "run", "credentials", `${kernel}.creds`))).toBe(false);
    await waitUntil("another kernel", 20_000, async () => kernelOf(dataPath) !== undefined);
    await nats.close();
  }, 60_000);
  test("replaces nats-server, filestore, gateway and a kernel's agent when they are killed", async () => {
    const kernel = kernelOf(dataPath);
    const before = recorded(dataPath);
    for (const pid of before.values()) process.kill(pid, "SIGKILL");
    await waitUntil("new processes", 20_000, async () => {
      const now = recorded(dataPath);
      const replaced = ["nats-server", "filestore", "gateway-1"].every(
        (name) => now.has(name) && now.get(name) !== before.get(name),
      );
      return replaced && kernelOf(dataPath) !== undefined && kernelOf(dataPath) !== kernel;
    });
    await waitUntil("the gateway", 20_000, () => answersHttp(`${url}/healthz`));
    expect(running.said()).toMatch(/gateway-1 ended \(SIGKILL\), starting it again/);
  }, 90_000);
  test("leaves nothing behind after Ctrl-C", async () => {
    expect(await stop(running)).toBe("code 0");
    expect(traces(dataPath)).toEqual([]);
  }, 60_000);
});

describe("a run that is killed with SIGKILL", () => {
  const dataPath = newFolder();
  const stranger = spawn("sleep", ["1000"], { stdio: "ignore" });
  const left = spawn("sleep", ["2000"], { stdio: "ignore" });
  bystanders.push(stranger, left);

  test("leaves no process", async () => {
    const first = start({ dataPath });
    await answering(first);
    first.child.kill("SIGKILL");
    await first.ended;
    await waitUntil("the end of every process", 10_000, async () => !traces(dataPath).some((trace) => /^\d+ /.test(trace)));
  }, 90_000);
  test("is cleared away by the next: what it left alive is ended, a stranger with a recorded number is not", async () => {
    const mark = (pid: number | undefined, argv: string[], ticks = startTicks(pid ?? -1)) => ({
      pid,
      bootId: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
      startTicks: ticks,
      argv,
    });
    const path = join(dataPath, "run", "processes.json");
    const marks = [
      ...(JSON.parse(readFileSync(path, "utf8")) as object[]),
      ["stranger", mark(stranger.pid, ["sleep", "1000"], "1")],
      ["left", mark(left.pid, ["sleep", "2000"])],
    ];
    writeFileSync(path, JSON.stringify(marks));
    const second = start({ dataPath });
    await answering(second);
    expect(second.said()).toContain("ended what it left (1 processes, 1 kernels)");
    expect(gone(left.pid ?? -1)).toBe(true);
    expect(gone(stranger.pid ?? -1)).toBe(false);
    await stop(second);
    expect(traces(dataPath)).toEqual([]);
  }, 90_000);
});

describe("the checkpoint of a warm kernel", () => {
  // One for all, in this order.
  const cache = newFolder();
  const images = () => globSync(join(cache, "checkpoint", "*", "image"));

  test("is made at the first start", async () => {
    const running = start({ dataPath: newFolder(), settings: { cache } });
    await answering(running);
    expect(running.said()).toContain("checkpoint of a warm kernel made");
    expect(images()).toHaveLength(1);
  }, 90_000);
  test("is kept by a start that is interrupted, which says so and leaves nothing", async () => {
    const dataPath = newFolder();
    const running = start({ dataPath, settings: { cache } });
    await waitUntil("the first step", 20_000, async () => running.said().includes("nats-server is up"));
    running.child.kill("SIGINT");
    expect(await refused(running)).toContain("The start was interrupted");
    expect(traces(dataPath)).toEqual([]);
    expect(images()).toHaveLength(1);
  }, 60_000);
  test("is thrown away in words when it is broken, and kernels warm up by themselves", async () => {
    const dataPath = newFolder();
    truncateSync(join(images()[0] ?? "", "pages.img"), 4096);
    const running = start({ dataPath, settings: { cache } });
    await answering(running);
    expect(running.said()).toContain("kernels cannot be restored from a checkpoint");
    expect(images()).toEqual([]);
    await stop(running);
    expect(traces(dataPath)).toEqual([]);
  }, 90_000);
});

describe("it refuses in words, and leaves nothing", () => {
  let server: Server | undefined;
  afterEach(() => server?.close());
  test("a port that is taken", async () => {
    const taken = createServer();
    server = taken;
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as AddressInfo;
    const dataPath = newFolder();
    expect(await refused(start({ dataPath, more: ["--metrics-port", String(port)] }))).toContain(
      `Port ${port} of 127.0.0.1 is taken`,
    );
    expect(traces(dataPath)).toEqual([]);
  }, 30_000);
  test("a machine without gVisor", async () => {
    const dataPath = newFolder();
    expect(await refused(start({ dataPath, settings: { runscPath: "/nowhere/runsc" } }))).toContain(
      "Nothing is computed without that wall",
    );
    expect(traces(dataPath)).toEqual([]);
  }, 30_000);
});

test("--unsafe-without-gvisor starts, and warns loudly", async () => {
  const dataPath = newFolder();
  const running = start({ dataPath, more: ["--unsafe-without-gvisor"], settings: { runscPath: "/nowhere/runsc" } });
  await answering(running);
  expect(running.said()).toContain("UNSAFE: without gVisor");
  await stop(running);
  expect(traces(dataPath)).toEqual([]);
}, 60_000);
