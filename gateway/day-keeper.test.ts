/** The day survives a gateway: real SQLite, and for one that is started again a real nats-server, agents around scripted kernels; next: day-keeper.ts. */
import type { Database } from "#database/documents.ts";
import { Minutes, type StoredMinute } from "#database/minutes.ts";
import { openSqlite } from "#database/sqlite.ts";
import { DayKeeper } from "#gateway/day-keeper.ts";
import { Lately } from "#gateway/lately.ts";
import { makeLog } from "#service/log.ts";
import { until } from "#test/agent.ts";
import { coreRig, idle, run } from "#test/core-rig.ts";

const log = makeLog("test", "silent");
const minute = 60_000;
const begin = Date.parse("2026-11-25T09:30:10Z");
const counts = { idle: 2, busy: 1, sessions: 0 };

/** A gateway's counting and keeping, on a clock of the test's. */
class Counting {
  readonly lately: Lately;
  readonly keeper: DayKeeper;
  #now: number;
  constructor(minutes: (now: () => number) => Minutes, now: number) {
    this.#now = now;
    this.lately = new Lately(now);
    this.keeper = new DayKeeper({ lately: this.lately, minutes: minutes(() => this.#now), log, now: () => this.#now });
  }
  /** Second by second; what the keeper began is over when it resolves. */
  async go(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.#now += 1000;
      this.lately.sample(counts, 0, { others: [], now: this.#now });
      this.keeper.look();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  status() {
    return this.lately.status({ ...counts, waiting: 0 }, { gateways: 1, open: [], at: this.#now });
  }
}

let [database, away]: [Database | undefined, boolean] = [undefined, false];
let minutes: Minutes;
let stored: () => Promise<StoredMinute[]>;
beforeEach(async () => {
  away = false;
  const real = openSqlite(":memory:");
  database = real;
  const reachable: Database = {
    ...real,
    collection: async (collection) => {
      const documents = await real.collection(collection);
      const asked =
        <Given extends unknown[], Found>(ask: (...given: Given) => Promise<Found>) =>
        async (...given: Given) =>
          away ? Promise.reject(new Error("the database does not answer")) : ask(...given);
      const { insert, get, find, replace } = documents;
      return { insert: asked(insert), get: asked(get), find: asked(find), replace: asked(replace), delete: documents.delete };
    },
  };
  minutes = await Minutes.open(reachable, { pool: "test", now: () => begin + 60 * minute });
  const looking = await Minutes.open(real, { pool: "test", now: () => begin + 60 * minute });
  stored = () => looking.lastDay();
});
afterEach(async () => database?.close());
const gateway = (now = begin) => new Counting(() => minutes, now);

test("a minute is stored when it is over and a moment more, and not again", async () => {
  const one = gateway();
  await one.go(54);
  expect(await stored()).toEqual([]);
  await one.go(1);
  expect(await stored()).toMatchObject([{ minute: Math.floor(begin / minute), samples: 49, idle: 98, busy: 49 }]);
  await one.go(120);
  expect((await stored()).map(({ samples }) => samples)).toEqual([49, 60, 60]);
});
test("a gateway that starts knows what was, and since when", async () => {
  const first = gateway();
  first.lately.refused(begin + 1000);
  await first.go(200);
  await first.keeper.stop();
  const second = gateway(begin + 203_000);
  await second.go(3);
  expect(second.status()).toMatchObject({ since: "2026-11-25T09:30:11.000Z", unknownMinutes: 0, day: { refused: 1 } });
  expect(second.status().minutes.slice(-4)).toMatchObject([{ idle: 2 }, { idle: 2 }, { idle: 2 }, { idle: 2 }]);
});
test("a minute in which a gateway was started again has what both counted, as far as the first could store it", async () => {
  const first = gateway();
  await first.go(20);
  first.lately.refused(begin + 20_000);
  await first.keeper.stop();
  const second = gateway(begin + 22_000);
  await second.go(5);
  second.lately.refused(begin + 27_000);
  await second.go(40);
  expect((await stored())[0]).toMatchObject({ refused: 2 });
  expect(second.status().day.refused).toBe(2);
});
test("minutes that nobody stored are counted as not known", async () => {
  const first = gateway();
  await first.go(120);
  const second = gateway(begin + 10 * minute);
  await second.go(60);
  expect(second.status()).toMatchObject({ since: "2026-11-25T09:30:11.000Z", unknownMinutes: 8 });
});
test("of two gateways both store, and each minute is there once", async () => {
  const [first, second] = [gateway(), gateway()];
  for (let i = 0; i < 130; i++) await Promise.all([first.go(1), second.go(1)]);
  expect((await stored()).map(({ samples }) => samples)).toEqual([49, 60]);
});
test("without a database it counts on, and stores all of it when it answers again", async () => {
  away = true;
  const one = gateway();
  await one.go(240);
  expect(one.status().minutes.at(-1)).toMatchObject({ idle: 2 });
  away = false;
  await one.go(70);
  expect((await stored()).map(({ samples }) => samples)).toEqual([49, 60, 60, 60, 60]);
});
test("a gateway that ends does not wait for a database that was away", async () => {
  away = true;
  const one = gateway();
  await one.go(2);
  away = false;
  await one.keeper.stop();
  expect(await stored()).toEqual([]);
});

describe("a gateway that is started again", () => {
  const rig = coreRig();
  test("still has what was computed before in its day", async () => {
    await rig.startAgent();
    const first = await rig.startGateway();
    await idle(first);
    for (let i = 0; i < 3; i++) await run(first, [{ say: "x" }]);
    await until("three of the day", () => first.core.status().day.finished === 3);
    await until("a second of it", () => first.core.status().minutes.at(-1)?.idle !== null);
    await first.stop();
    const stopped = Date.now();
    const second = await rig.startGateway();
    await until("the day before", () => second.core.status().day.finished === 3);
    expect(Date.parse(second.core.status().since)).toBeLessThan(stopped);
    await idle(second);
    await run(second, [{ say: "x" }]);
    expect(second.core.status().day.kinds.ok).toBe(4);
  });
});
