/** The archive, on every store; next: sqlite.test.ts. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Archive, archivedComputations, archivedMessages, type Finished } from "#database/archive.ts";
import type { Database } from "#database/documents.ts";
import { openDatabase } from "#database/open.ts";
import type { TranscriptMessage } from "#protocol/messages.ts";
import { type MongoServer, startMongoServer } from "#test/mongo-server.ts";

const keepMs = 1000;
let ids = 0;
const newId = () => `c${String(ids++).padStart(25, "0")}`;
const writer = `g${"0".repeat(25)}`;
const limits = {
  wallMs: 1,
  cpuSeconds: 1,
  addressSpaceBytes: 1,
  processes: 1,
  fileBytes: 1,
  workspaceBytes: 1,
  workspaceFiles: 1,
  outputBytes: 1,
  outputMessages: 1,
  uploadFiles: 1,
  uploadBytes: 1,
};

function message(cid: string, number: number, text = `line ${number}\n`): TranscriptMessage {
  const parent_header = { msg_id: cid, msg_type: "execute_request", session: "s", username: "", version: "5.4" } as const;
  return {
    msg_type: "stream",
    content: { name: "stdout", text },
    metadata: {},
    number,
    msg_id: `${cid}-${number}`,
    parent_header: { ...parent_header, date: "2026-01-01T00:00:00Z" },
  };
}

function finished(count: number, more: { id?: string; at?: number; code?: string; client?: string } = {}): Finished {
  const { id = newId(), at = 0, code = "1+1", client = "somebody" } = more;
  const computation = { id, code, language: "sage" as const, limits, files: [], expressions: {}, allowInput: false };
  const step = { at, writer };
  return {
    request: { ...step, step: "request", computation, pool: "default", client, bodyDigest: "", waitUntil: 0 },
    outcome: { ...step, step: "outcome", outcome: { kind: "ok", message: "", lastNumber: count, files: [] } },
    messages: Array.from({ length: count }, (_, i) => message(id, i + 1)),
  };
}
const idOf = (one: Finished) => one.request.computation.id;

describe.each(["sqlite", "mongodb"])("the archive in %s", (kind) => {
  const folder = mkdtempSync(join(tmpdir(), "sandcell-archive-"));
  let server: MongoServer | undefined;
  let database: Database;
  let archive: Archive;
  let now = 0;
  beforeAll(async () => {
    if (kind === "mongodb") server = await startMongoServer();
    database = await openDatabase(server?.url ?? `sqlite:${join(folder, "archive.sqlite")}`);
    archive = await Archive.open(database, { keepMs, now: () => now });
  }, 300_000);
  beforeEach(() => {
    now = 0;
  });
  afterAll(async () => {
    await database.close();
    await server?.stop();
    rmSync(folder, { recursive: true });
  });
  const messageCount = async (cid: string) => (await archive.messages(cid, 0)).length;

  test("gives back a computation and its messages as they were put", async () => {
    const one = finished(3);
    await archive.put([one]);
    expect(await archive.get(idOf(one))).toEqual({ request: one.request, outcome: one.outcome, expiresAt: keepMs });
    expect(await archive.messages(idOf(one), 0)).toEqual(one.messages);
  });
  test("knows nothing of others", async () => {
    expect(await archive.get(newId())).toBeUndefined();
    expect(await archive.messages(newId(), 0)).toEqual([]);
  });
  test("gives messages from any number on, so many at a time", async () => {
    const one = finished(12);
    await archive.put([one]);
    expect((await archive.messages(idOf(one), 9)).map((m) => m.number)).toEqual([10, 11, 12]);
    expect((await archive.messages(idOf(one), 0, 2)).map((m) => m.number)).toEqual([1, 2]);
  });
  test("takes the same batch again, and the rest of one that was stored in part", async () => {
    const one = finished(5);
    await archive.put([{ ...one, messages: one.messages.slice(0, 2) }, finished(1)]);
    await archive.put([one]);
    await archive.put([one]);
    expect(await archive.messages(idOf(one), 0)).toEqual(one.messages);
  });
  test("keeps the first of two that claim one id", async () => {
    const one = finished(1, { code: "first" });
    await archive.put([one]);
    await archive.put([finished(1, { id: idOf(one), code: "second" })]);
    expect((await archive.get(idOf(one)))?.request.computation.code).toBe("first");
  });
  test("takes long transcripts and big batches in pieces", async () => {
    const long = finished(1801);
    const wide = Array.from({ length: 1200 }, () => finished(1));
    const heavy = finished(40);
    for (const m of heavy.messages) m.content.text = "x".repeat(190_000);
    await archive.put([long, heavy, ...wide]);
    expect((await archive.messages(idOf(long), 1795)).map((m) => m.number)).toEqual([1796, 1797, 1798, 1799, 1800, 1801]);
    expect(await messageCount(idOf(heavy))).toBe(40);
    expect(await archive.get(idOf(wide[1199] as Finished))).toBeDefined();
  }, 30_000);
  test("keeps what no database likes: surrogates, NUL, names with $ and dots, __proto__", async () => {
    const one = finished(1, { code: "\ud800\u0000'\"$" });
    (one.messages[0] as TranscriptMessage).content = JSON.parse('{"$where": {"a.b": "\\ud800\\u0000", "__proto__": {"x": 1}}}');
    await archive.put([one]);
    expect((await archive.get(idOf(one)))?.request.computation.code).toBe("\ud800\u0000'\"$");
    expect((await archive.messages(idOf(one), 0))[0]?.content.$where).toEqual(
      JSON.parse('{"a.b": "\\ud800\\u0000", "__proto__": {"x": 1}}'),
    );
  });
  test("lists a client's computations, the latest first", async () => {
    const made = [1, 2, 3].map((at) => finished(0, { at, client: "lister" }));
    await archive.put(made);
    const first = await archive.ofClient("lister", { limit: 2 });
    expect(first.ids).toEqual([idOf(made[2] as Finished), idOf(made[1] as Finished)]);
    const second = await archive.ofClient("lister", { limit: 2, cursor: first.cursor as string });
    expect(second).toEqual({ ids: [idOf(made[0] as Finished)] });
  });

  describe("expiry", () => {
    test("hides what is due at once, and removes files, messages and computation", async () => {
      const [old, young] = [finished(2, { at: -10_000 }), finished(2, { at: 50 })];
      await archive.put([old, young]);
      expect(await archive.get(idOf(old))).toBeUndefined();
      const removed: string[] = [];
      while ((await archive.expire(async (cid) => void removed.push(cid))) > 0);
      expect(removed).toContain(idOf(old));
      expect(removed).not.toContain(idOf(young));
      expect(await messageCount(idOf(old))).toBe(0);
      expect(await messageCount(idOf(young))).toBe(2);
      expect(await archive.get(idOf(young))).toBeDefined();
      const kept = await database.collection(archivedComputations);
      expect(await kept.get(idOf(old))).toBeUndefined();
    });
    test("goes on where a failure or a crash stopped it", async () => {
      const old = finished(3, { at: -10_000 });
      await archive.put([old]);
      await expect(archive.expire(async () => Promise.reject(new Error("filestore away")))).rejects.toThrow("filestore away");
      expect(await messageCount(idOf(old))).toBe(3);
      const messages = await database.collection(archivedMessages);
      await messages.delete({ index: "byComputation", equals: [idOf(old)], limit: 2 });
      const removed: string[] = [];
      expect(await archive.expire(async (cid) => void removed.push(cid))).toBe(1);
      expect(removed).toEqual([idOf(old)]);
      expect(await messageCount(idOf(old))).toBe(0);
    });
    test("takes so many at a time", async () => {
      await archive.put(Array.from({ length: 5 }, () => finished(1, { at: -10_000 })));
      expect(await archive.expire(async () => {}, 3)).toBe(3);
      expect(await archive.expire(async () => {}, 3)).toBe(2);
      expect(await archive.expire(async () => {}, 3)).toBe(0);
    });
    test("removes transcripts longer than one page", async () => {
      const old = finished(2500, { at: -10_000 });
      await archive.put([old]);
      await archive.expire(async () => {});
      expect(await messageCount(idOf(old))).toBe(0);
    });
  });
});
