/** What every `Documents` must do: run by sqlite.test.ts and mongo.test.ts against the real thing. */
import { z } from "zod";
import type { Collection, Database, Documents, Query } from "#database/documents.ts";
import { NotStorable } from "#database/storable.ts";

const item = z.object({ _id: z.string(), group: z.string(), rank: z.int(), body: z.unknown() });
type Item = z.infer<typeof item>;
const items: Collection<Item> = {
  name: "contract_items",
  schema: item,
  indexes: { byGroup: ["group", "rank"], byRank: ["rank"] },
};

/** `open` answers a handle to one and the same database each time it is called. */
export function documentsContract(open: () => Promise<Database>): void {
  let database: Database;
  let documents: Documents<Item>;
  beforeAll(async () => {
    database = await open();
    documents = await database.collection(items);
  }, 60_000);
  afterAll(async () => database.close());

  let groups = 0;
  const newGroup = () => `group${groups++}`;
  const make = (group: string, rank: number, more: Partial<Item> = {}): Item => ({
    _id: `${group}-${rank}`,
    group,
    rank,
    body: { text: "x" },
    ...more,
  });
  const ranks = async (query: Query) => (await documents.find(query)).documents.map((d) => d.rank);

  describe("insert", () => {
    test("stores what get gives back, as version 1", async () => {
      const one = make(newGroup(), 1, {
        body: { deep: [1, { a: null, b: true, c: -1.5, d: "é\u0000𝄞" }], empty: {}, none: [] },
      });
      expect(await documents.insert([one])).toEqual([true]);
      expect(await documents.get(one._id)).toEqual({ ...one, version: 1 });
    });
    test("leaves alone what is there, and says so for each of a batch", async () => {
      const group = newGroup();
      await documents.insert([make(group, 1)]);
      expect(await documents.insert([make(group, 0), make(group, 1, { body: "other" }), make(group, 2)])).toEqual([
        true,
        false,
        true,
      ]);
      expect((await documents.get(`${group}-1`))?.body).toEqual({ text: "x" });
    });
    test("of two of the same id in one batch takes the first", async () => {
      const group = newGroup();
      expect(await documents.insert([make(group, 1), make(group, 1, { body: "second" })])).toEqual([true, false]);
      expect((await documents.get(`${group}-1`))?.body).toEqual({ text: "x" });
    });
    test("of many racing for one id lets one win", async () => {
      const group = newGroup();
      const tried = await Promise.all(Array.from({ length: 20 }, (_, i) => documents.insert([make(group, 1, { body: i })])));
      expect(tried.flat().filter(Boolean)).toHaveLength(1);
    });
    test("takes an empty batch, and refuses one above the limit", async () => {
      expect(await documents.insert([])).toEqual([]);
      await expect(documents.insert(Array.from({ length: 1001 }, (_, i) => make("big", i)))).rejects.toThrow(RangeError);
    });
    test("keeps a text of two million characters", async () => {
      const big = make(newGroup(), 1, { body: "ü".repeat(2_000_000) });
      await documents.insert([big]);
      expect((await documents.get(big._id))?.body).toEqual(big.body);
    });
    test.each([
      ["a name with $", { $where: "1" }],
      ["a name with a dot", { "a.b": 1 }],
      ["a name with NUL", { "a\0": 1 }],
      ["__proto__ as a name", JSON.parse('{"__proto__": 1}')],
      ["half of a surrogate pair", "\ud800"],
      ["a number that is not finite", Number.NaN],
      ["a date", new Date(0)],
      ["undefined inside", { a: undefined }],
      ["a hundred levels", JSON.parse("[".repeat(100) + "]".repeat(100))],
      ["nine megabytes", "x".repeat(9_000_000)],
    ])("refuses %s, and stores nothing of the batch", async (_, body) => {
      const group = newGroup();
      await expect(documents.insert([make(group, 1), make(group, 2, { body })])).rejects.toThrow(NotStorable);
      expect(await documents.get(`${group}-1`)).toBeUndefined();
    });
    test("refuses what the schema refuses", async () => {
      await expect(documents.insert([{ ...make("g", 1), rank: 1.5 }])).rejects.toThrow(NotStorable);
    });
  });

  describe("get", () => {
    test("gives nothing for an unknown id", async () => {
      expect(await documents.get("unknown")).toBeUndefined();
    });
    test("takes ids as text, never as an expression", async () => {
      for (const id of ["' OR 1=1 --", "$gt", "__proto__", ""]) expect(await documents.get(id)).toBeUndefined();
    });
  });

  describe("find", () => {
    const group = "found";
    beforeAll(async () => {
      await documents.insert([5, 1, 4, 2, 3].map((rank) => make(group, rank)));
      await documents.insert([make("found2", 1), make("foun", 1)]);
    });
    const query = { index: "byGroup", equals: [group], limit: 10 };

    test("gives those of an index in its order, either way", async () => {
      expect(await ranks(query)).toEqual([1, 2, 3, 4, 5]);
      expect(await ranks({ ...query, descending: true })).toEqual([5, 4, 3, 2, 1]);
    });
    test("starts above one bound and ends with the other", async () => {
      expect(await ranks({ ...query, above: 1, atMost: 4 })).toEqual([2, 3, 4]);
      expect(await ranks({ ...query, above: 5 })).toEqual([]);
    });
    test.each([false, true])("goes on at its cursor, without gap or repeat (descending: %s)", async (descending) => {
      const seen: number[] = [];
      let cursor: string | undefined;
      for (let pages = 0; pages < 10; pages++) {
        const page = await documents.find({ ...query, descending, limit: 2, ...(cursor === undefined ? {} : { cursor }) });
        seen.push(...page.documents.map((d) => d.rank));
        cursor = page.cursor;
        if (cursor === undefined) break;
      }
      expect(seen).toEqual(descending ? [5, 4, 3, 2, 1] : [1, 2, 3, 4, 5]);
    });
    test("orders equals by id, so that a cursor can stand between them", async () => {
      await documents.insert(["a", "b", "c", "d"].map((_id) => ({ _id: `same-${_id}`, group: "same", rank: 7, body: 0 })));
      const first = await documents.find({ index: "byRank", equals: [7], limit: 3 });
      expect(first.documents.map((d) => d._id)).toEqual(["same-a", "same-b", "same-c"]);
      const second = await documents.find({ index: "byRank", equals: [7], limit: 3, cursor: first.cursor as string });
      expect(second.documents.map((d) => d._id)).toEqual(["same-d"]);
    });
    test("walks by _id without an index of its own", async () => {
      const found = await documents.find({ index: "_id", above: "found-1", atMost: "found-3", limit: 5 });
      expect(found.documents.map((d) => d._id)).toEqual(["found-2", "found-3"]);
    });
    test("refuses an index that is not declared, a limit out of bounds and bounds behind the last field", async () => {
      await expect(documents.find({ index: "byBody", limit: 1 })).rejects.toThrow(RangeError);
      for (const limit of [0, 1001, Number.NaN]) await expect(documents.find({ ...query, limit })).rejects.toThrow(RangeError);
      await expect(documents.find({ index: "byRank", equals: [7], above: 1, limit: 1 })).rejects.toThrow(RangeError);
    });
    test.each(["nonsense", "", Buffer.from('[{"$gt":1},"x"]').toString("base64url"), Buffer.from("[1]").toString("base64url")])(
      "refuses a cursor it did not make: %s",
      async (cursor) => {
        await expect(documents.find({ ...query, cursor })).rejects.toThrow(NotStorable);
      },
    );
  });

  describe("replace", () => {
    test("replaces the version that was read, and the indexes follow", async () => {
      const group = newGroup();
      await documents.insert([make(group, 1)]);
      const changed = await documents.replace({ ...make(group, 1), rank: 9, body: "new", version: 1 });
      expect(changed).toEqual({ ...make(group, 1), rank: 9, body: "new", version: 2 });
      expect(await documents.get(`${group}-1`)).toEqual(changed);
      expect(await ranks({ index: "byGroup", equals: [group], limit: 5 })).toEqual([9]);
    });
    test("of many that read the same version lets one win, each time", async () => {
      const group = newGroup();
      await documents.insert([make(group, 1, { body: 0 })]);
      const addOne = async (): Promise<number> => {
        for (let tries = 1; tries < 100; tries++) {
          const read = await documents.get(`${group}-1`);
          if (read && (await documents.replace({ ...read, body: (read.body as number) + 1 }))) return tries;
        }
        throw new Error("never won");
      };
      await Promise.all(Array.from({ length: 8 }, addOne));
      expect(await documents.get(`${group}-1`)).toMatchObject({ body: 8, version: 9 });
    });
    test("neither makes a document nor changes another version", async () => {
      const group = newGroup();
      expect(await documents.replace({ ...make(group, 1), version: 1 })).toBeUndefined();
      await documents.insert([make(group, 1)]);
      expect(await documents.replace({ ...make(group, 1), body: "new", version: 2 })).toBeUndefined();
      expect((await documents.get(`${group}-1`))?.version).toBe(1);
    });
  });

  describe("delete", () => {
    test("deletes what find would give, as many as the limit says", async () => {
      const group = newGroup();
      await documents.insert([1, 2, 3, 4, 5].map((rank) => make(group, rank)));
      const query = { index: "byGroup", equals: [group], atMost: 4, limit: 3 };
      expect(await documents.delete(query)).toBe(3);
      expect(await ranks({ ...query, limit: 10 })).toEqual([4]);
      expect(await documents.delete(query)).toBe(1);
      expect(await documents.delete(query)).toBe(0);
      expect(await documents.get(`${group}-5`)).toBeDefined();
    });
    test("deletes one by its id", async () => {
      const group = newGroup();
      await documents.insert([make(group, 1)]);
      expect(await documents.delete({ index: "_id", equals: [`${group}-1`], limit: 1 })).toBe(1);
      expect(await documents.get(`${group}-1`)).toBeUndefined();
    });
  });

  describe("another handle to the same database", () => {
    test("sees what was stored, and wins or loses like the first", async () => {
      const second = await open();
      const same = await second.collection(items);
      const group = newGroup();
      await documents.insert([make(group, 1)]);
      expect(await same.insert([make(group, 1)])).toEqual([false]);
      const both = await Promise.all([documents, same].map((d, i) => d.replace({ ...make(group, 1), body: i, version: 1 })));
      expect(both.filter(Boolean)).toHaveLength(1);
      await second.close();
    });
    test("may declare a new index: what is there already is found by it", async () => {
      const group = newGroup();
      await documents.insert([make(group, 1)]);
      const second = await open();
      const schema = item.extend({ extra: z.string().default("none") });
      const more = await second.collection({ ...items, schema, indexes: { ...items.indexes, byId2: ["group", "_id"] } });
      expect((await more.find({ index: "byId2", equals: [group], limit: 5 })).documents).toEqual([
        { ...make(group, 1), extra: "none", version: 1 },
      ]);
      await second.close();
    });
  });
}
