/** The service's last day, a document for each minute, so that a gateway that starts knows what was before; next: documents.ts. */
import { z } from "zod";
import { type Collection, type Database, type Documents, limits } from "#database/documents.ts";
import { outcomeKind } from "#protocol/computation.ts";

/**
 * Times are counted by size, each class 15 % above the one before: a quantile is known that well. Stored minutes are counted in these
 * classes too, so others need a collection of another name.
 */
export const timeClasses = { leastMs: 5, factor: 1.15, count: 96 } as const;
export const dayMs = 86_400_000;
const minuteMs = 60_000;

const count = z.int().nonnegative();
const times = z.array(count).length(timeClasses.count);
const minuteDocument = z.object({
  /** Pool and minute: of several gateways that saw the same minute of a pool one writes it. */
  _id: z.string(),
  pool: z.string(),
  /** Minutes since 1970. */
  minute: count,
  /** Seconds in which it was looked at; `idle` and `busy` are sums over them. */
  samples: count,
  idle: count,
  busy: count,
  waitingMost: count,
  refused: count,
  late: count,
  kinds: z.partialRecord(outcomeKind, count),
  times,
  waits: times,
});
type MinuteDocument = z.infer<typeof minuteDocument>;
export type StoredMinute = Omit<MinuteDocument, "_id" | "pool">;

/** Expires by `minute`; `Minutes.expire` is the one who does it. */
export const minutes: Collection<MinuteDocument> = {
  name: "minutes",
  schema: minuteDocument,
  indexes: { byPool: ["pool", "minute"], byMinute: ["minute"] },
};

export class Minutes {
  readonly #documents: Documents<MinuteDocument>;
  readonly #pool: string;
  readonly #now: () => number;

  private constructor(documents: Documents<MinuteDocument>, { pool, now }: { pool: string; now: () => number }) {
    this.#documents = documents;
    this.#pool = pool;
    this.#now = now;
  }

  static async open(database: Database, options: { pool: string; now: () => number }): Promise<Minutes> {
    return new Minutes(await database.collection(minutes), options);
  }

  /** Keeps minutes; again is harmless. Of one that is there already stays what was looked at for longer. */
  async put(seen: readonly StoredMinute[]): Promise<void> {
    const rows = seen.map((one) => ({ _id: `${this.#pool} ${one.minute}`, pool: this.#pool, ...one }));
    for (let start = 0; start < rows.length; start += limits.insert) {
      const batch = rows.slice(start, start + limits.insert);
      const isNew = await this.#documents.insert(batch);
      for (const [at, row] of batch.entries()) if (!isNew[at]) await this.#replace(row);
    }
  }

  /** It ends: each try that is lost leaves a document of more samples than before. */
  async #replace(row: MinuteDocument): Promise<void> {
    for (;;) {
      const there = await this.#documents.get(row._id);
      if (!there || there.samples >= row.samples) return;
      if (await this.#documents.replace({ ...row, version: there.version })) return;
    }
  }

  /** Those of the last day, oldest first. */
  async lastDay(): Promise<StoredMinute[]> {
    const above = Math.floor((this.#now() - dayMs) / minuteMs);
    const query = { index: "byPool", equals: [this.#pool], above, limit: limits.find };
    const found: StoredMinute[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await this.#documents.find({ ...query, ...(cursor === undefined ? {} : { cursor }) });
      found.push(...page.documents.map(({ _id, pool, version, ...one }) => one));
      if (page.cursor === undefined) return found;
      cursor = page.cursor;
    }
  }

  /** Removes what is older than a day; answers how many went: `limit` means there may be more. */
  expire(limit = 100): Promise<number> {
    return this.#documents.delete({ index: "byMinute", atMost: Math.floor((this.#now() - dayMs) / minuteMs), limit });
  }
}
