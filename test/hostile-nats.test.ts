/** What a kernel's own credential can do beyond its own names: nothing. The agent is left out; this is what holds if it falls. */
import { jetstreamManager } from "@nats-io/jetstream";
import { headers, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { type SessionRecord, sessionRecord } from "#protocol/computation.ts";
import type { ExecRequest } from "#protocol/exec.ts";
import { computationsStream, kernelPermissions, subjects, transcriptsStream } from "#protocol/subjects.ts";
import { Ledger } from "#service/ledger.ts";
import { makeLog } from "#service/log.ts";
import { connectNats } from "#service/nats.ts";
import { computation, newId, until } from "#test/agent.ts";
import { agentRig } from "#test/agent-rig.ts";

const [own, other, gateway] = [newId("k"), newId("k"), newId("g")];
const rig = agentRig([
  { user: "service", password: "service" },
  { user: "kernel", password: "kernel", permissions: kernelPermissions(own) },
  { user: "other", password: "other", permissions: kernelPermissions(other) },
]);
const log = makeLog("test", "silent");
const options = { replicas: 1, computationsBytesMax: 64 << 20, transcriptsBytesMax: 256 << 20 };
const [victim, session, mine] = [newId("c"), newId("s"), newId("c")];
const closed = (reason: string): SessionRecord => ({ step: "closed", at: 1, writer: gateway, reason });

let thief: NatsConnection;
let ledger: Ledger;
let refusals: string[] = [];
/** Everything that anybody can hear, but for what belongs to the kernel or to the watching itself. */
let heard: Msg[] = [];

const isOutside = (subject: string) =>
  !subject.startsWith(`kernel.${own}.`) && !/^(_INBOX|\$JS\.(API|EVENT)|\$SYS)/.test(subject);

beforeAll(async () => {
  ledger = await Ledger.open(rig.nats, options);
  rig.nats.subscribe(">", { callback: (_error, message) => void (isOutside(message.subject) && heard.push(message)) });
  thief = await connectNats({ url: rig.server.urlFor("kernel"), name: "thief", log });
  void (async () => {
    for await (const status of thief.status()) if (status.type === "error") refusals.push(status.error.message);
  })();
  await ledger.append(subjects.session(session), closed("first"), 0, sessionRecord);
  const innocent = await connectNats({ url: rig.server.urlFor("other"), name: "innocent", log });
  innocent.publish(subjects.out(other, victim), "the other's only record");
  await innocent.flush();
  await innocent.close();
});
beforeEach(async () => {
  await rig.nats.flush();
  refusals = [];
  heard = [];
});
afterAll(() => thief.close());

/** How much the two streams hold outside of the kernel's own subjects. */
async function outside() {
  const jsm = await jetstreamManager(rig.nats);
  const count = async (stream: string) => {
    const { state } = await jsm.streams.info(stream, { subjects_filter: ">" });
    return Object.entries(state.subjects ?? {}).filter(([subject]) => isOutside(subject));
  };
  const configs = [await jsm.streams.info(computationsStream), await jsm.streams.info(transcriptsStream)];
  return JSON.stringify([await count(computationsStream), await count(transcriptsStream), configs.map((c) => c.config)]);
}

/** What the kernel did has arrived, and what came of it. */
async function settled() {
  await thief.flush();
  await rig.nats.flush();
  // What a stream does with a message (acknowledge, republish, schedule) comes after: its own next republish tells when.
  const marker = newId("c");
  const stored = new Promise((resolve) => {
    rig.nats.subscribe(subjects.ack(own, marker), { max: 1, callback: resolve });
  });
  rig.nats.publish(subjects.out(own, marker), "marker");
  await stored;
  await rig.nats.flush();
}

describe("a kernel's credential", () => {
  test.each([
    ["a computation", subjects.computation(victim)],
    ["a session", subjects.session(session)],
    ["what the ledger repeats", subjects.recorded(subjects.computation(victim))],
    ["a gateway's status", subjects.gatewayStatus(gateway)],
    ["a pool", subjects.condemn("default")],
    ["another kernel's output", subjects.out(other, victim)],
    ["another kernel's status", subjects.kernelStatus(other)],
    ["another kernel's ears", subjects.exec(other)],
    ["its own ears", subjects.exec(own)],
    ["its own acknowledgements", subjects.ack(own, mine)],
    ["JetStream", `$JS.API.STREAM.PURGE.${computationsStream}`],
    ["a direct get", `$JS.API.DIRECT.GET.${computationsStream}`],
    ["an acknowledgement of JetStream", "$JS.ACK.computations.x.1.1.1.1.1"],
    ["a key-value bucket", "$KV.x.y"],
    ["the system", "$SYS.REQ.SERVER.PING"],
    ["an inbox", "_INBOX.abc.def"],
  ])("cannot publish to %s", async (_what, subject) => {
    const before = await outside();
    heard = [];
    thief.publish(subject, "{}", { reply: `kernel.${own}.reply.x` });
    await until("the refusal", () => refusals.some((r) => r.includes("Permissions Violation")));
    await settled();
    expect(heard.map((m) => m.subject)).toEqual([]);
    expect(await outside()).toBe(before);
  });
  test.each([
    ">",
    "computation.*",
    "recorded.>",
    "session.*",
    "gateway.*.status",
    "pool.>",
    "kernel.*.in.exec",
    `kernel.${other}.in.>`,
    `kernel.${other}.out.>`,
    `kernel.${own}.out.>`,
    "_INBOX.>",
    "$SYS.>",
    "$JS.>",
  ])("cannot listen to %s", async (subject) => {
    thief.subscribe(subject, { callback: () => undefined });
    await until("the refusal", () => refusals.some((r) => r.includes("Permissions Violation")));
  });
  test("cannot join a queue group to take another kernel's work", async () => {
    thief.subscribe(subjects.exec(other), { queue: "workers", callback: () => undefined });
    await until("the refusal", () => refusals.some((r) => r.includes("Permissions Violation")));
  });
  test("is answered by nobody on a subject that it chose", async () => {
    const before = await outside();
    heard = [];
    for (const reply of [
      subjects.computation(victim),
      subjects.session(session),
      subjects.exec(other),
      "$JS.API.STREAM.NAMES",
    ]) {
      thief.publish(subjects.out(own, mine), "x", { reply });
      thief.publish(subjects.kernelStatus(own), "x", { reply });
      thief.publish(subjects.reply(own, gateway, 1), "x", { reply });
    }
    await settled();
    expect(heard.map((m) => m.subject)).toEqual([]);
    expect(await outside()).toBe(before);
    expect(await ledger.records(subjects.session(session), sessionRecord)).toHaveLength(1);
  });
  test.each<[string, Record<string, string>]>([
    ["a message id", { "Nats-Msg-Id": "guessed" }],
    ["an expected sequence", { "Nats-Expected-Last-Sequence": "0" }],
    ["an expected subject sequence", { "Nats-Expected-Last-Subject-Sequence": "0" }],
    [
      "an expected sequence of another subject",
      { "Nats-Expected-Last-Subject-Sequence": "1", "Nats-Expected-Last-Subject-Sequence-Subject": `kernel.${other}.out.>` },
    ],
    ["an expected stream", { "Nats-Expected-Stream": computationsStream }],
    ["a roll-up of everything", { "Nats-Rollup": "all" }],
    ["a roll-up of its subject", { "Nats-Rollup": "sub" }],
    ["a time to live", { "Nats-TTL": "1" }],
    ["a schedule", { "Nats-Schedule": "@every 1s", "Nats-Schedule-Target": subjects.computation(victim) }],
    ["a delayed message", { "Nats-Schedule": "@at 2020-01-01T00:00:00Z", "Nats-Schedule-Target": subjects.out(other, victim) }],
    ["an atomic batch", { "Nats-Batch-Id": "b", "Nats-Batch-Sequence": "1", "Nats-Batch-Commit": "1" }],
    ["a counter", { "Nats-Incr": "1" }],
    ["a trace to the ledger", { "Nats-Trace-Dest": subjects.computation(victim) }],
    ["a trace of another kernel", { "Nats-Trace-Dest": subjects.exec(other), "Nats-Trace-Only": "true" }],
    [
      "the sequence of an acknowledgement",
      { "Nats-Sequence": "1", "Nats-Subject": subjects.computation(victim), "Nats-Stream": computationsStream },
    ],
  ])("changes nothing outside its names with %s", async (_what, values) => {
    const before = await outside();
    heard = [];
    for (const reply of ["", subjects.computation(victim)]) {
      const named = headers();
      for (const [name, value] of Object.entries(values)) named.set(name, value);
      thief.publish(subjects.out(own, mine), "x", { headers: named, ...(reply ? { reply } : {}) });
      thief.publish(subjects.kernelStatus(own), "x", { headers: named, ...(reply ? { reply } : {}) });
    }
    await settled();
    expect(heard.map((m) => `${m.subject} ${m.string().slice(0, 200)}`)).toEqual([]);
    expect(await outside()).toBe(before);
    const other1 = (await (
      await jetstreamManager(rig.nats)
    ).direct.getMessage(transcriptsStream, {
      last_by_subj: subjects.out(other, victim),
    })) as { string(): string };
    expect(other1.string()).toBe("the other's only record");
  });
  test("does not swallow a gateway's append by its message id", async () => {
    const named = headers();
    named.set("Nats-Msg-Id", subjects.session(session));
    thief.publish(subjects.out(own, mine), "x", { headers: named });
    await settled();
    const fresh = newId("s");
    expect((await ledger.append(subjects.session(fresh), closed("x"), 0, sessionRecord)).won).toBe(true);
  });
  test("stores nothing on subjects deeper than its output, and acknowledges within its own names only", async () => {
    const before = await outside();
    thief.publish(`kernel.${own}.out.${mine}.deeper`, "x");
    thief.publish(`kernel.${own}.out.${mine}`, "x");
    await settled();
    expect(heard).toEqual([]);
    expect(await outside()).toBe(before);
  });
});

describe("an agent with its kernel's credential", () => {
  test("runs what it is asked to, and answers only within its own names", async () => {
    const url = rig.server.urlFor("kernel");
    const agent = await rig.start({ url, kernel: own });
    for (const replyTo of [
      subjects.computation(victim),
      subjects.reply(other, gateway, 1),
      `kernel.${own}.reply.>`,
      "$JS.API.INFO",
    ]) {
      const request: ExecRequest = {
        computation: computation("x"),
        gateway,
        replyTo,
        notAfter: Date.now() + 10_000,
        grant: { url: "http://127.0.0.1:9/", token: "t" },
      };
      rig.nats.publish(subjects.exec(own), JSON.stringify(request));
    }
    await rig.nats.flush();
    const records = await agent.run(computation("echo"));
    expect(records.map((r) => r.record)).toEqual(["message", "message", "end"]);
    expect((await agent.ready()).served).toBe(1);
    expect(heard.filter((m) => m.subject !== subjects.exec(other)).map((m) => m.subject)).toEqual([]);
    expect(refusals).toEqual([]);
  });
});
