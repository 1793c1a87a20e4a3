/** Load tests against a whole system whose kernels only echo; next: adapter/main.ts. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jest } from "@jest/globals";
import { Measures } from "#loadtest/adapter/measures.ts";
import { msOf } from "#loadtest/adapter/options.ts";
import { dueTimes } from "#loadtest/adapter/scenarios.ts";
import { poisson, randomFrom } from "#loadtest/generator/arrivals.ts";
import type { Result } from "#loadtest/generator/computation.ts";
import { generate, type Load } from "#loadtest/generator/run.ts";
import { kinds, mixOf, pick } from "#loadtest/lib/mix.js";
import { type LiveSystem, startLiveSystem } from "#test/end-to-end/live-system.ts";
import { Visitor } from "#test/end-to-end/visitor.ts";

jest.setTimeout(120_000);

describe("arrivals", () => {
  test("the same seed gives the same arrivals, as many as the rate says on average", () => {
    const times = [...poisson(100, 50, randomFrom(7))];
    expect(times).toEqual([...poisson(100, 50, randomFrom(7))]);
    expect(times).not.toEqual([...poisson(100, 50, randomFrom(8))]);
    expect(Math.abs(times.length - 5000)).toBeLessThan(5 * Math.sqrt(5000));
  });
  test("a constant rate is spaced evenly, and a ramp is as many as its mean rate", () => {
    const arrival = { duration: "2s", preAllocatedVUs: 1 };
    expect([...dueTimes({ executor: "constant-arrival-rate", rate: 4, ...arrival })]).toHaveLength(8);
    const ramp = dueTimes({
      executor: "ramping-arrival-rate",
      startRate: 0,
      stages: [{ target: 100, duration: "10s" }],
      preAllocatedVUs: 1,
    });
    expect(Math.abs([...ramp].length - 500)).toBeLessThan(5);
    expect(msOf("1m30s")).toBe(90_000);
  });
});

describe("the mix", () => {
  test("kinds come as often as their shares say", () => {
    const random = randomFrom(3);
    const picked = Array.from({ length: 10_000 }, () => pick(mixOf("realistic"), random()).name);
    for (const { name, share } of kinds)
      expect(Math.abs(picked.filter((one) => one === name).length / 100 - share)).toBeLessThan(2);
  });
  test("what is not known is named", () => {
    expect(() => mixOf("arithmetic=90,sudoku=10")).toThrow(/sudoku=10 is not NAME=SHARE/);
  });
});

describe("thresholds", () => {
  test("are read as k6 reads them, and one that does not hold is a miss", () => {
    const thresholds = { took: ["p(95)<10", "max<=100", "avg<1"], lost: ["count==0"], never: ["p(95)<1"] };
    const measures = new Measures({ scenarios: {}, thresholds });
    measures.add({ metric: "never", type: "trend" });
    for (let value = 1; value <= 100; value++) measures.add({ metric: "took", type: "trend", value });
    const data = measures.data(1000);
    expect(data.metrics["took"]?.thresholds).toEqual({
      "p(95)<10": { ok: false },
      "max<=100": { ok: true },
      "avg<1": { ok: false },
    });
    expect(data.metrics["lost"]?.thresholds).toEqual({ "count==0": { ok: true } });
    expect(data.metrics["never"]?.thresholds).toEqual({ "p(95)<1": { ok: true } });
    expect(measures.missed(data)).toBe(true);
  });
});

describe("against a system that only echoes", () => {
  let system: LiveSystem;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "sandcell-loadtest-"));
    system = await startLiveSystem({ echo: true, kernels: 3, kernelsMax: 9 });
  });
  afterAll(async () => {
    expect(await system.end()).toEqual([]);
    rmSync(folder, { recursive: true, force: true });
  });

  /** The script of that name in the adapter: how it ended and what it said. */
  const script = (name: string, ...args: string[]) =>
    new Promise<{ code: number | null; said: string }>((resolve) => {
      const main = join(import.meta.dirname, "adapter/main.ts");
      const argv = ["--disable-warning=ExperimentalWarning", main, name, "--url", system.url, ...args];
      const child = spawn(process.execPath, argv, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
      let said = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (chunk: Buffer) => {
          said += chunk.toString();
        });
      child.once("close", (code) => resolve({ code, said }));
    });
  const load = async (more: Partial<Load>): Promise<Result[]> => {
    const results: Result[] = [];
    await generate({
      urls: [system.url],
      perSecond: 40,
      seconds: 2,
      mix: mixOf("realistic"),
      seed: 1,
      clients: 50,
      reader: "both",
      token: undefined,
      echoes: true,
      onResult: (result) => results.push(result),
      ...more,
    });
    return results;
  };

  test("its kernels say that they compute nothing, in four messages and a file", async () => {
    const { messages, outcome } = await new Visitor(() => [system.url]).run({ code: "2+2" });
    expect(messages.map(({ msg_type }) => msg_type)).toEqual(["stream", "display_data", "execute_result", "execute_reply"]);
    expect(messages[0]?.content["text"]).toMatch(/computes nothing/);
    expect(messages[2]?.content["data"]).toEqual({ "text/plain": "2+2" });
    expect(outcome).toMatchObject({ kind: "ok", files: [{ path: "echo.txt", size: 3 }] });
  });
  test("they fail, print much and are cancelled when the code says so", async () => {
    const visitor = new Visitor(() => [system.url]);
    expect((await visitor.run({ code: "1/0" })).outcome.kind).toBe("error");
    const much = await visitor.run({ code: 'print("x" * 300000)' });
    expect(much.messages.map(({ content }) => String(content["text"] ?? "")).join("")).toHaveLength(
      300_000 + "Echo: this kernel computes nothing.\n".length,
    );
    expect((await visitor.run({ code: 'print("x" * 12000000)' })).outcome.kind).toBe("outputLimit");
    const id = await visitor.submit({ code: "sleep(100)" });
    await visitor.ask(`/v1/computations/${id}`, { method: "DELETE" });
    expect((await visitor.finish(id)).outcome.kind).toBe("cancelled");
  });
  test("the generator finds every computation finished, once, by long poll and by event stream", async () => {
    const results = await load({});
    expect(results.length).toBeGreaterThan(40);
    expect(results.filter(({ end }) => end !== "finished")).toEqual([]);
    expect(new Set(results.map(({ id }) => id)).size).toBe(results.length);
  });
  /** Times are the machine's; what is promised is not. */
  const keepsPromises = (said: string) => {
    for (const promise of ["lost", "doubled", "failed"]) expect(said).toMatch(new RegExp(`✓ ${promise}: count==0`));
    expect(said).toMatch(/computations [1-9]/);
  };

  test("a script runs as it is, and leaves a page that needs nothing else", async () => {
    const { code, said } = await script("ramp", "--rate", "8", "--duration", "3s", "--mix", "arithmetic=8,plot=1,error=1");
    keepsPromises(said);
    expect([code, said]).toEqual([0, said]);
    const page = readFileSync(join(folder, "loadtest-ramp.html"), "utf8");
    expect(page).toMatch(/<svg /);
    expect(page).not.toMatch(/(?:src|href)=/);
  });
  test("a script whose threshold does not hold ends with 99", async () => {
    const { code, said } = await script("steady", "--url", "http://127.0.0.1:9", "--rate", "2", "--duration", "1s");
    expect(said).toMatch(/✗ failed: count==0/);
    expect(code).toBe(99);
  });
  test.each([
    ["steady", 5],
    ["burst", 12],
    ["interact", 2],
    ["sagecell", 2],
    ["soak", 5],
    ["overload", 20],
  ])("%s keeps the promises", async (name, rate) => {
    keepsPromises((await script(name, "--rate", String(rate), "--duration", "2s", "--mix", "arithmetic")).said);
  });
});
