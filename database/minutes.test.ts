/** The day's minutes, on every store; next: minutes.ts. */
import type { Database } from "#database/documents.ts";
import { Minutes, type StoredMinute, timeClasses } from "#database/minutes.ts";
import { openMongo } from "#database/mongo.ts";
import { openSqlite } from "#database/sqlite.ts";
import { type MongoServer, startMongoServer } from "#test/mongo-server.ts";

const minuteMs = 60_000;
const none = Array.from({ length: timeClasses.count }, () => 0);
const seen = (minute: number, more: Partial<StoredMinute> = {}): StoredMinute => ({
  minute,
  samples: 60,
  idle: 120,
  busy: 60,
  waitingMost: 3,
  refused: 1,
  late: 0,
  kinds: { ok: 7, timeout: 1 },
  times: none.with(20, 8),
  waits: none.with(0, 8),
  ...more,
});

describe.each(["sqlite", "mongodb"])("the day in %s", (kind) => {
  let server: MongoServer | undefined;
  let database: Database;
  let now = 0;
  beforeAll(async () => {
    if (kind === "mongodb") server = await startMongoServer();
    database = server ? await openMongo(server.url) : openSqlite(":memory:");
  }, 300_000);
  afterAll(async () => {
    await database.close();
    await server?.stop();
  });
  const opened = (pool: string) => Minutes.open(database, { pool, now: () => now });

  test("comes back as it was stored, oldest first, and each pool's for itself", async () => {
    now = 2_000 * minuteMs;
    const minutes = await opened("a");
    await minutes.put([seen(1_999), seen(1_998, { kinds: {} })]);
    await (await opened("b")).put([seen(1_999, { idle: 0 })]);
    expect(await minutes.lastDay()).toEqual([seen(1_998, { kinds: {} }), seen(1_999)]);
  });
  test("has each minute once: who looked at it for longer is believed, whoever comes first", async () => {
    now = 2_000 * minuteMs;
    const minutes = await opened("races");
    await minutes.put([seen(1_999, { samples: 30 })]);
    await minutes.put([seen(1_999, { samples: 59 })]);
    await minutes.put([seen(1_999, { samples: 12 })]);
    expect(await minutes.lastDay()).toEqual([seen(1_999, { samples: 59 })]);
    await Promise.all(Array.from({ length: 8 }, (_, i) => minutes.put([seen(2_000, { samples: i + 1 })])));
    expect((await minutes.lastDay()).map(({ samples }) => samples)).toEqual([59, 8]);
  });
  test("is a day: all of its 1,440 minutes are read, and older ones go", async () => {
    now = 5_000 * minuteMs;
    const minutes = await opened("day");
    for (const from of [3_500, 4_250]) await minutes.put(Array.from({ length: 750 }, (_, i) => seen(from + i)));
    const day = await minutes.lastDay();
    expect([day.length, day[0]?.minute, day.at(-1)?.minute]).toEqual([1_439, 3_561, 4_999]);
    while ((await minutes.expire()) === 100);
    now = 0;
    expect((await minutes.lastDay())[0]?.minute).toBe(3_561);
  });
});
