/** The database is away for a while, and computations go on while the ledger has room: real nats-server, agents around scripted kernels, a real MongoDB-wire server; next: core.test.ts. */
import type { NatsConnection } from "@nats-io/transport-node";
import { Archive } from "#database/archive.ts";
import type { Database } from "#database/documents.ts";
import { openDatabase } from "#database/open.ts";
import { buildCore, type Core } from "#gateway/build.ts";
import { gatewaySettings } from "#gateway/settings.ts";
import { makeLog } from "#service/log.ts";
import { connectNats } from "#service/nats.ts";
import { TestAgent, until } from "#test/agent.ts";
import { type Forwarder, startForwarder } from "#test/forwarder.ts";
import { type MongoServer, startMongoServer } from "#test/mongo-server.ts";
import { type NatsServer, startNatsServer } from "#test/nats-server.ts";

const log = makeLog("test", "silent");
const settings = {
  databaseUrl: "mongodb://unused",
  filestoreUrl: "http://127.0.0.1:9/",
  filestoreSecret: "x".repeat(43),
  identitySecret: "y".repeat(43),
  pool: "test",
  transcriptsBytesMax: 4 << 20,
};
const asked = (code: string) => ({
  client: { id: "somebody" },
  code,
  language: "sage" as const,
  expressions: {},
  allowInput: false,
  files: [],
});

describe("while the database is away", () => {
  let mongo: MongoServer;
  let way: Forwarder;
  let database: Database;
  let server: NatsServer;
  let nats: NatsConnection;
  let core: Core;
  let other: Core;
  const parts: { stop: () => Promise<void> }[] = [];
  let agent: TestAgent;
  beforeAll(async () => {
    mongo = await startMongoServer();
    const url = new URL(mongo.url);
    way = await startForwarder(Number(url.port));
    url.port = String(way.port);
    database = await openDatabase(url.href);
    server = await startNatsServer();
    nats = await connectNats({ url: server.url, name: "gateway", log });
    const startGateway = async () => {
      const parsed = gatewaySettings.parse({ natsUrl: server.url, ...settings });
      const built = await buildCore({ settings: parsed, nats, database, log, now: Date.now });
      parts.push(...(await built.start()));
      return built;
    };
    core = await startGateway();
    other = await startGateway();
    agent = new TestAgent({ nats, url: server.url });
    await agent.ready();
    await until("an idle kernel", () => core.kernels.counts("test").idle === 1);
  });
  afterAll(async () => {
    for (const part of parts) await part.stop();
    await agent?.stop();
    await nats?.close();
    await server?.stop();
    await database?.close();
    await way?.shut();
    await mongo?.stop();
  });

  const outcomeOf = (id: string) => until("its outcome", async () => (await core.computations.read(id, 0)).outcome?.kind);

  const saidBy = async (id: string, at: Core): Promise<string> => {
    let [said, since] = ["", 0];
    for (let complete = false; !complete; ) {
      const page = await at.computations.read(id, since);
      for (const { number, content } of page.messages) {
        expect(number).toBe(++since);
        said += content["text"] ?? "";
      }
      complete = page.complete;
    }
    return said;
  };

  test("computations go on, an Idempotency-Key that nobody can look up is refused in words, and the archive has all of them afterwards", async () => {
    await way.shut();
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) {
      const { view } = await core.computations.submit(asked(`away ${n}`));
      expect(await outcomeOf(view.id)).toBe("ok");
      ids.push(view.id);
    }
    await expect(core.computations.submit({ ...asked("keyed"), idempotencyKey: "k" })).rejects.toMatchObject({
      code: "unavailable",
      detail: "The database does not answer.",
    });
    expect(core.archiver.waiting).toBe(5);

    await way.open();
    await until("an empty line to the archive", () => core.archiver.waiting === 0);
    const archive = await Archive.open(database, { keepMs: 86_400_000, now: Date.now });
    for (const [n, id] of ids.entries()) {
      expect((await archive.messages(id, 0, 10))[0]?.content["text"]).toBe(`away ${n}`);
      expect((await archive.get(id))?.outcome.outcome.kind).toBe("ok");
    }
    const { view } = await core.computations.submit({ ...asked("keyed"), idempotencyKey: "k" });
    expect(await outcomeOf(view.id)).toBe("ok");
  });

  test("a ledger that fills meanwhile refuses what is new in words, answers what it took, and has room again once the archive follows", async () => {
    const [count, bytes] = [8, 50_000];
    const much = JSON.stringify([{ flood: { count, bytes } }]);
    await way.shut();
    const ids: string[] = [];
    const untilRefused = async (): Promise<unknown> => {
      for (let n = 0; n < 20; n++)
        try {
          ids.push((await core.computations.submit(asked(much))).view.id);
          await outcomeOf(ids.at(-1) ?? "");
          await core.room.look();
        } catch (error) {
          return error;
        }
      return "never";
    };
    expect(await untilRefused()).toMatchObject({ code: "unavailable", detail: "The ledger is full." });
    expect(ids.length).toBeGreaterThan(3);
    for (const id of ids) expect(await outcomeOf(id)).toBe("ok");

    await way.open();
    await until("room", async () => !core.room.short, 25_000);
    expect(await outcomeOf((await core.computations.submit(asked("again"))).view.id)).toBe("ok");
    for (const gateway of [core, other]) for (const id of ids) expect((await saidBy(id, gateway)).length).toBe(count * bytes);
  }, 60_000);
});
