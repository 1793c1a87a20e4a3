/** The ledger on the real nats-server; next: settings.test.ts. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { headers, type NatsConnection } from "@nats-io/transport-node";
import { type SessionRecord, sessionRecord } from "#protocol/computation.ts";
import { numberHeader } from "#protocol/messages.ts";
import { kernelPermissions, subjects } from "#protocol/subjects.ts";
import { Ledger } from "#service/ledger.ts";
import { makeLog } from "#service/log.ts";
import { connectNats } from "#service/nats.ts";
import { type NatsServer, startNatsServer } from "#test/nats-server.ts";

const log = makeLog("test", "silent");
const options = { replicas: 1, computationsBytesMax: 64 << 20, transcriptsBytesMax: 64 << 20 };
const writer = `g${"1".repeat(25)}`;
const closed = (reason: string): SessionRecord => ({ step: "closed", at: 1, writer, reason });

describe("the ledger", () => {
  let server: NatsServer;
  let nats: NatsConnection;
  let ledger: Ledger;
  beforeAll(async () => {
    server = await startNatsServer();
    nats = await connectNats({ url: server.url, name: "test", log });
    ledger = await Ledger.open(nats, options);
  });
  afterAll(async () => {
    await nats.close();
    await server.stop();
  });

  const publishParcel = (subject: string, number: string, body: string) => {
    const h = headers();
    h.set(numberHeader, number);
    nats.publish(subject, body, { headers: h });
  };
  const endOf = (cid: string, number: number) => ({
    record: "end",
    computation: cid,
    number,
    end: { kind: "ok", message: "", lastNumber: number - 1, files: [], sessionClosed: false },
  });

  test("opening it again changes nothing", async () => {
    await ledger.append("session.again", closed("a"), 0, sessionRecord);
    const second = await Ledger.open(nats, { ...options, transcriptsBytesMax: 128 << 20 });
    expect(await second.records("session.again", sessionRecord)).toHaveLength(1);
  });
  test("it opens again where the disk has room for it once", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sandcell-ledger-"));
    const small = await startNatsServer({ settings: { jetstream: { store_dir: folder, max_file_store: 160 << 20 } } });
    const connection = await connectNats({ url: small.url, name: "test", log });
    await Ledger.open(connection, options);
    await Ledger.open(connection, options);
    await connection.close();
    await small.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  test("of five racing appends one wins, and the others learn the record that did", async () => {
    const tried = await Promise.all(
      [1, 2, 3, 4, 5].map((n) => ledger.append("session.race", closed(`${n}`), 0, sessionRecord)),
    );
    const won = tried.filter((a) => a.won);
    expect(won).toHaveLength(1);
    const [stored] = await ledger.records("session.race", sessionRecord);
    for (const lost of tried.filter((a) => !a.won)) expect(lost.last).toEqual(stored);
  });
  test("an append that was stored but not answered counts as won when it is tried again", async () => {
    const first = await ledger.append("session.twice", closed("x"), 0, sessionRecord);
    expect(await ledger.append("session.twice", closed("x"), 0, sessionRecord)).toEqual(first);
  });
  test("an append during a restart of the server is settled", async () => {
    await server.kill();
    const pending = ledger.append("session.outage", closed("x"), 0, sessionRecord);
    await server.start();
    expect((await pending).won).toBe(true);
    expect(await ledger.records("session.outage", sessionRecord)).toHaveLength(1);
  });
  test("unknown subjects have no records and no transcript", async () => {
    expect(await ledger.records("computation.none", sessionRecord)).toEqual([]);
    expect(await ledger.transcript("k1", "c1", 0)).toEqual([]);
  });
  test("stored records are repeated for the gateways with their sequence", async () => {
    const seen = nats.subscribe(subjects.recorded("session.follow"), { max: 1 });
    const appended = await ledger.append("session.follow", closed("x"), 0, sessionRecord);
    for await (const message of seen) {
      expect(message.json()).toEqual(closed("x"));
      expect(Number(message.headers?.get("Nats-Sequence"))).toBe(appended.won && appended.sequence);
    }
  });
  test("a transcript skips what was sent twice, what is no record and what was numbered otherwise", async () => {
    const [kid, cid] = [`k${"a".repeat(25)}`, `c${"a".repeat(25)}`];
    const end = (number: number) => endOf(cid, number);
    const publish = (number: string, body: string) => publishParcel(subjects.out(kid, cid), number, body);
    const stored = nats.subscribe(subjects.ack(kid, cid), { max: 6 });
    publish("1", JSON.stringify(end(1)));
    publish("2", "{nonsense");
    publish("1", JSON.stringify(end(1)));
    publish("9", JSON.stringify(end(2)));
    publish("3", JSON.stringify(end(3)));
    publish("2", JSON.stringify(end(2)));
    for await (const _ of stored); // all six are stored
    const numbers = (await ledger.transcript(kid, cid, 0)).map((r) => r.record.number);
    expect(numbers).toEqual([1, 2]);
  });
  test("of a parcel each record is read by itself, also from its middle on; one that does not follow on itself is none", async () => {
    const [kid, cid] = [`k${"p".repeat(25)}`, `c${"p".repeat(25)}`];
    const end = (number: number) => endOf(cid, number);
    const parcels = [[1, 2, 3], [4, 6], [4], [5, 6, 7, 8]];
    const stored = nats.subscribe(subjects.ack(kid, cid), { max: parcels.length });
    for (const numbers of parcels) {
      const records = numbers.map(end);
      const body = JSON.stringify(records.length === 1 ? records[0] : records);
      publishParcel(subjects.out(kid, cid), String(numbers.at(-1)), body);
    }
    for await (const _ of stored); // all are stored
    const numbersOf = (records: { record: { number: number } }[]) => records.map(({ record }) => record.number);
    const all = await ledger.transcript(kid, cid, 0);
    expect(numbersOf(all)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    for (const { record, sequence } of all)
      expect(numbersOf(await ledger.transcript(kid, cid, record.number, { from: sequence }))).toEqual(
        numbersOf(all).slice(record.number),
      );
  });
  test("of a long transcript some is read at a time, one record at least, and no more is fetched for it", async () => {
    const [kid, cid] = [`k${"l".repeat(25)}`, `c${"l".repeat(25)}`];
    const stored = nats.subscribe(subjects.ack(kid, cid), { max: 20 });
    for (let number = 1; number <= 20; number++) {
      const message = { msg_type: "stream", content: { name: "stdout", text: "x".repeat(100_000) }, metadata: {} };
      const parent_header = { msg_id: cid, msg_type: "execute_request", session: cid, username: "", version: "5.4" };
      const numbered = {
        ...message,
        number,
        msg_id: `${cid}-${number}`,
        parent_header: { ...parent_header, date: "2026-01-01T00:00:00Z" },
      };
      const body = JSON.stringify({ record: "message", computation: cid, number, message: numbered });
      publishParcel(subjects.out(kid, cid), String(number), body);
    }
    for await (const _ of stored); // all are stored
    const fifth = (await ledger.transcript(kid, cid, 4, { bytesMax: 1 }))[0];
    for (const [bytesMax, count] of [
      [1, 1],
      [100_000, 1],
      [250_000, 3],
    ] as const) {
      const before = nats.stats().inBytes;
      const read = await ledger.transcript(kid, cid, 5, { from: fifth?.sequence, bytesMax });
      expect(read.map(({ record }) => record.number)).toEqual([6, 7, 8].slice(0, count));
      expect(nats.stats().inBytes - before).toBeLessThan(400_000);
    }
  });
  test("an agent learns what is stored, by header alone", async () => {
    const [kid, cid] = ["kk", "cc"];
    const acks = nats.subscribe(subjects.ack(kid, cid), { max: 1 });
    publishParcel(subjects.out(kid, cid), "7", "body");
    for await (const ack of acks) {
      expect(ack.headers?.get(numberHeader)).toBe("7");
      expect(ack.data).toHaveLength(0);
    }
    expect(kernelPermissions(kid).subscribe).toEqual(["kernel.kk.in.>"]);
  });
  test("a full ledger refuses an append as unavailable, and nothing is recorded", async () => {
    const small = await startNatsServer();
    const connection = await connectNats({ url: small.url, name: "test", log });
    const tiny = await Ledger.open(connection, { ...options, computationsBytesMax: 2000 });
    const fill = async () => {
      for (let n = 0; n < 100; n++) await tiny.append(`session.f${n}`, closed("x".repeat(100)), 0, sessionRecord);
    };
    await expect(fill()).rejects.toMatchObject({ code: "unavailable", detail: "The ledger is full." });
    await connection.close();
    await small.stop();
  });
  test("what was removed is gone, whole", async () => {
    await ledger.append("session.done", closed("x"), 0, sessionRecord);
    await ledger.remove("session.done");
    expect(await ledger.records("session.done", sessionRecord)).toEqual([]);
  });
  test("the last record of every subject is found again", async () => {
    const found = [];
    for await (const last of ledger.lastRecords("session", sessionRecord)) found.push(last.id);
    expect(found).toContain("race");
  });
});
