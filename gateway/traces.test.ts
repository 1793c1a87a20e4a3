/** What a collector receives of a computation; next: core.test.ts. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Entry } from "#gateway/book.ts";
import { openTraces, type Traces } from "#gateway/traces.ts";
import { listen } from "#service/metrics.ts";

type Span = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status: { code?: number };
};
let collector: Server;
let traces: Traces;
const received: Span[] = [];
let service: unknown;

beforeAll(async () => {
  collector = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    for (const { resource, scopeSpans } of JSON.parse(text).resourceSpans) {
      service = resource.attributes;
      for (const { spans } of scopeSpans) received.push(...spans);
    }
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  await listen(collector, 0, "127.0.0.1");
});
beforeEach(() => {
  received.length = 0;
  const { port } = collector.address() as AddressInfo;
  traces = openTraces({ url: `http://127.0.0.1:${port}/v1/traces`, ratio: 0 });
});
afterAll(() => collector.close());

const at = 1_800_000_000_000;
const id = "0af7651916cd43dd8448eb211c80319c";
const parent = "b7ad6b7169203331";
const entry = (change: object = {}) =>
  ({
    id: "c1",
    request: { at, pool: "default", computation: { language: "sage" }, trace: { id, parent } },
    assigned: { at: at + 5, kernel: "k1" },
    outcome: { at: at + 100, outcome: { kind: "ok" } },
    ...change,
  }) as unknown as Entry;
const end = {
  times: { acceptedAt: at + 7, toldAt: at + 8, endedAt: at + 95 },
  usage: { wallMs: 80, cpuMs: 70, memoryBytes: 1 },
};
const told = async () => {
  await traces.stop();
  const nameOf = new Map(received.map((span) => [span.spanId, span.name]));
  return received.map(({ name, parentSpanId = "", startTimeUnixNano, endTimeUnixNano }) => {
    const ms = (nano: string) => Number(BigInt(nano) / 1_000_000n) - at;
    return [name, nameOf.get(parentSpanId) ?? parentSpanId, ms(startTimeUnixNano), ms(endTimeUnixNano)];
  });
};

test("from who asked to the child and back, each step within the one above it", async () => {
  traces.finished(entry(), end);
  expect((await told()).sort()).toEqual([
    ["agent", "kernel", 7, 95],
    ["child", "agent", 8, 88],
    ["computation", parent, 0, 100],
    ["kernel", "computation", 5, 100],
    ["to the outcome", "kernel", 95, 100],
    ["wait for a kernel", "computation", 0, 5],
  ]);
  expect(new Set(received.map(({ traceId }) => traceId))).toEqual(new Set([id]));
  expect(JSON.stringify(service)).toContain("sandcell");
});
test("one that nobody began has its own number and nothing above it", async () => {
  const request = { ...entry().request, trace: { id } };
  traces.finished(entry({ request }), end);
  expect(await told()).toContainEqual(["computation", "", 0, 100]);
  expect(received[0]?.traceId).toBe(id);
});
test("a computation that is not traced sends nothing", async () => {
  traces.finished(entry({ request: { ...entry().request, trace: undefined } }), end);
  expect(await told()).toEqual([]);
});
test("one that was rejected or lost is marked as an error, with the steps that it had", async () => {
  traces.finished(entry({ assigned: undefined, outcome: { at: at + 60_000, outcome: { kind: "rejected" } } }), undefined);
  expect((await told()).map(([name]) => name).sort()).toEqual(["computation", "wait for a kernel"]);
  expect(received.find(({ name }) => name === "computation")?.status.code).toBe(2);
});
test("a sampled traceparent is taken over, and what is not understood is as if it were not there", async () => {
  expect(traces.begin(`00-${id}-${parent}-01`)).toEqual({ id, parent });
  for (const wrong of [`00-${id}-${parent}-00`, `00-${"0".repeat(32)}-${parent}-01`, "rubbish", undefined])
    expect(traces.begin(wrong)).toBeUndefined();
  const always = openTraces({ url: "http://127.0.0.1:1/v1/traces", ratio: 1 });
  expect(always.begin(undefined)?.id).toMatch(/^[0-9a-f]{32}$/);
  await Promise.all([always.stop(), traces.stop()]);
});
