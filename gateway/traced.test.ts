/** A traced computation on the real thing: nats-server, an agent around a scripted kernel, and a collector; next: core.test.ts. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { NatsConnection } from "@nats-io/transport-node";
import { openSqlite } from "#database/sqlite.ts";
import { buildCore } from "#gateway/build.ts";
import type { Submission } from "#gateway/core.ts";
import { gatewaySettings } from "#gateway/settings.ts";
import { traceTo } from "#gateway/trace-to.ts";
import { makeLog } from "#service/log.ts";
import { listen } from "#service/metrics.ts";
import { connectNats } from "#service/nats.ts";
import { TestAgent, until } from "#test/agent.ts";
import { type NatsServer, startNatsServer } from "#test/nats-server.ts";

type Span = { traceId: string; name: string; spanId: string; parentSpanId?: string };
const log = makeLog("test", "silent");
const id = "0af7651916cd43dd8448eb211c80319c";
const traceparent = `00-${id}-b7ad6b7169203331-01`;
const submission: Submission = {
  client: { id: "somebody" },
  code: "hello",
  language: "sage",
  expressions: {},
  allowInput: true,
  files: [],
};

const spans: Span[] = [];
let bodies = "";
let collector: Server;
let server: NatsServer;
let nats: NatsConnection;
let agent: TestAgent;
let stop: () => Promise<void>;
let core: Awaited<ReturnType<typeof buildCore>>;

beforeAll(async () => {
  collector = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    bodies += text;
    for (const { scopeSpans } of JSON.parse(text).resourceSpans) for (const scope of scopeSpans) spans.push(...scope.spans);
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  await listen(collector, 0, "127.0.0.1");
  server = await startNatsServer();
  nats = await connectNats({ url: server.url, name: "gateway", log });
  const settings = gatewaySettings.parse({
    natsUrl: server.url,
    databaseUrl: "sqlite:unused",
    filestoreUrl: "http://127.0.0.1:9/",
    filestoreSecret: "x".repeat(43),
    identitySecret: "y".repeat(43),
    pool: "test",
    tracesUrl: `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`,
    tracesRatio: 0,
  });
  const database = openSqlite(":memory:");
  const traces = await traceTo(settings);
  core = await buildCore({ settings, nats, database, traces, log, now: Date.now });
  const parts = await core.start();
  agent = new TestAgent({ nats, url: server.url });
  await agent.ready();
  await until("an idle kernel", () => core.kernels.counts("test").idle === 1);
  stop = async () => {
    for (const part of parts) await part.stop();
    await traces?.stop();
    await database.close();
  };
}, 60_000);
afterAll(async () => {
  await agent?.stop();
  await nats?.close();
  await server?.stop();
  collector?.close();
});

const finished = async (asked: Submission) => {
  const { view } = await core.computations.submit(asked);
  await until("its outcome", () => core.book.get(view.id)?.outcome !== undefined);
  await until("an idle kernel", () => core.kernels.counts("test").idle === 1);
  return view.id;
};

test("its trace goes from who asked to the child and back, without its code; one that is not sampled has none", async () => {
  const key = "the same";
  const computation = await finished({ ...submission, code: "a secret", traceparent, idempotencyKey: key });
  const again = { ...submission, code: "a secret", traceparent: traceparent.replace("b7", "c8"), idempotencyKey: key };
  expect(await core.computations.submit(again)).toMatchObject({ repeated: true });
  await finished(submission);
  await stop();
  expect(spans.map(({ name }) => name).sort()).toEqual(
    ["computation", "wait for a kernel", "kernel", "agent", "child", "to the outcome"].sort(),
  );
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([id]));
  expect(spans.find(({ name }) => name === "computation")?.parentSpanId).toBe("b7ad6b7169203331");
  expect(bodies).toContain(computation);
  expect(bodies).not.toContain("secret");
});
