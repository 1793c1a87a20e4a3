/** Finished computations on their way from the ledger to the archive, and out of memory; next: upkeep.ts. */
import type { NatsConnection } from "@nats-io/transport-node";
import { Archive } from "#database/archive.ts";
import { openSqlite } from "#database/sqlite.ts";
import { Archiver, keptAfterArchiveMs } from "#gateway/archiver.ts";
import { Book } from "#gateway/book.ts";
import { Changes } from "#gateway/changes.ts";
import { randomId } from "#gateway/ids.ts";
import { LedgerRoom } from "#gateway/ledger-room.ts";
import { Transcripts } from "#gateway/transcript.ts";
import { type ComputationRecord, computationRecord, limits } from "#protocol/computation.ts";
import { subjects } from "#protocol/subjects.ts";
import { Ledger } from "#service/ledger.ts";
import { makeLog } from "#service/log.ts";
import { connectNats } from "#service/nats.ts";
import { type NatsServer, startNatsServer } from "#test/nats-server.ts";

const log = makeLog("test", "silent");
const minute = 60_000;

describe("the archiver", () => {
  let server: NatsServer;
  let nats: NatsConnection;
  let ledger: Ledger;
  let archive: Archive;
  let ahead = 0;
  const now = () => Date.now() + ahead;
  beforeAll(async () => {
    server = await startNatsServer();
    nats = await connectNats({ url: server.url, name: "test", log });
    ledger = await Ledger.open(nats, { replicas: 1, computationsBytesMax: 64 << 20, transcriptsBytesMax: 64 << 20 });
    archive = await Archive.open(openSqlite(":memory:"), { keepMs: 30 * 24 * 60 * minute, now });
  });
  afterAll(async () => {
    await nats.close();
    await server.stop();
  });

  const startGateway = () => {
    const changes = new Changes();
    const book = new Book(ledger, changes);
    const gateway = randomId("g");
    const transcripts = new Transcripts(nats, ledger, changes);
    const room = new LedgerRoom(ledger, 1024);
    const archiver = new Archiver({ gateway, ledger, room, book, transcripts, archive, log, now });
    book.onFinished = (entry) => archiver.finished(entry);
    return { gateway, book, archiver };
  };
  /** Accepted, and cancelled before a kernel had it. */
  const finish = async ({ gateway, book }: ReturnType<typeof startGateway>): Promise<string> => {
    const id = randomId("c");
    const least = Object.fromEntries(Object.keys(limits.shape).map((name) => [name, 1])) as ReturnType<typeof limits.parse>;
    const request: ComputationRecord = {
      step: "request",
      at: now(),
      writer: gateway,
      pool: "test",
      client: "c",
      bodyDigest: "",
      waitUntil: now() + minute,
      computation: { id, code: "1", language: "sage", limits: least, files: [], expressions: {}, allowInput: false },
    };
    const outcome = { kind: "cancelled" as const, message: "", lastNumber: 0, files: [] };
    expect(await book.append(id, request, 0)).toBe(true);
    const sequence = book.get(id)?.sequence ?? 0;
    expect(await book.append(id, { step: "outcome", at: now(), writer: gateway, outcome }, sequence)).toBe(true);
    return id;
  };

  test("what the archive has leaves memory in seconds, and the ledger in minutes", async () => {
    const one = startGateway();
    const id = await finish(one);
    await one.archiver.pass();
    expect(await archive.get(id)).toMatchObject({ outcome: { outcome: { kind: "cancelled" } } });
    expect(one.book.get(id)).toBeDefined();
    ahead += minute;
    await one.archiver.pass();
    expect(one.book.get(id)).toBeUndefined();
    expect(await one.book.find(id)).toBeDefined();
    ahead += keptAfterArchiveMs;
    await one.archiver.pass();
    expect(one.book.get(id)).toBeUndefined();
    expect(await one.book.find(id)).toBeUndefined();
  });
  test("a gateway that starts does not read what is over, but sees to it that the archive has it", async () => {
    const id = await finish(startGateway());
    const second = startGateway();
    await second.book.load((over) => second.archiver.left(over));
    expect(second.book.size).toBe(0);
    expect(second.archiver.waiting).toBe(1);
    await second.archiver.pass();
    expect(await archive.get(id)).toBeDefined();
    expect(second.archiver.waiting).toBe(0);
  });
  test("of what another gateway finished nothing is written twice", async () => {
    const [one, other] = [startGateway(), startGateway()];
    const following = other.book.follow(nats);
    const id = await finish(one);
    await nats.flush();
    expect(other.book.get(id)?.outcome).toBeDefined();
    await one.archiver.pass();
    ahead += 2 * minute;
    await other.archiver.pass();
    expect(other.archiver.waiting).toBe(0);
    ahead += keptAfterArchiveMs;
    await Promise.all([one.archiver.pass(), other.archiver.pass()]);
    expect(await ledger.records(subjects.computation(id), computationRecord)).toEqual([]);
    following.stop();
  });
});
