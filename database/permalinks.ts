/** Short links to code: six letters, the code behind them, when it was last asked for; next: documents.ts. */
import { createHash, randomInt } from "node:crypto";
import { z } from "zod";
import type { Collection, Database, Documents } from "#database/documents.ts";

const permalinkDocument = z.object({
  _id: z.string().min(1).max(64),
  code: z.string(),
  language: z.string(),
  /** The state of interacts: JSON as the page gave it. */
  interacts: z.string(),
  /** Of all three: the same again gets the same link. */
  digest: z.string(),
  createdAt: z.int(),
  /** Renewed when it is asked for, once a day at most. */
  usedAt: z.int(),
});
type PermalinkDocument = z.infer<typeof permalinkDocument>;

/** Expires by `usedAt`; `Permalinks.expire` is the one who does it. */
export const permalinks: Collection<PermalinkDocument> = {
  name: "permalinks",
  schema: permalinkDocument,
  indexes: { byDigest: ["digest"], byUse: ["usedAt"] },
};

export type Permalink = { code: string; language: string; interacts: string };

const letters = "abcdefghijklmnopqrstuvwxyz";
const lettersCount = 6;
const triesMax = 20;
const dayMs = 86_400_000;

export class Permalinks {
  readonly #documents: Documents<PermalinkDocument>;
  readonly #keepMs: number;
  readonly #now: () => number;

  private constructor(documents: Documents<PermalinkDocument>, options: { keepMs: number; now: () => number }) {
    this.#documents = documents;
    this.#keepMs = options.keepMs;
    this.#now = options.now;
  }

  /** A link stays for `keepMs` after it was last asked for. */
  static async open(database: Database, options: { keepMs: number; now: () => number }): Promise<Permalinks> {
    return new Permalinks(await database.collection(permalinks), options);
  }

  /** The id under which `get` finds it. */
  async keep(link: Permalink): Promise<string> {
    const digest = digestOf(link);
    const known = (await this.#documents.find({ index: "byDigest", equals: [digest], limit: 1 })).documents[0];
    if (known) return known._id;
    for (let tried = 0; tried < triesMax; tried++) {
      const id = Array.from({ length: lettersCount }, () => letters[randomInt(letters.length)]).join("");
      if ((await this.put([{ id, link, createdAt: this.#now() }]))[0]) return id;
    }
    throw new Error("no free id for a permalink was found");
  }

  /** Those from elsewhere under the ids that they have, 1000 at most; for each whether its id was free. Again is harmless. */
  async put(links: readonly { id: string; link: Permalink; createdAt: number }[]): Promise<boolean[]> {
    const usedAt = this.#now();
    return this.#documents.insert(
      links.map(({ id, link, createdAt }) => ({ _id: id, ...link, digest: digestOf(link), createdAt, usedAt })),
    );
  }

  async get(id: string): Promise<Permalink | undefined> {
    const found = await this.#documents.get(id);
    const now = this.#now();
    if (!found || found.usedAt + this.#keepMs <= now) return undefined;
    // Whoever was faster has renewed it as well.
    if (found.usedAt + dayMs <= now) await this.#documents.replace({ ...found, usedAt: now });
    return { code: found.code, language: found.language, interacts: found.interacts };
  }

  /** Removes what is due; answers how many went: `limit` means there may be more. */
  expire(limit = 100): Promise<number> {
    return this.#documents.delete({ index: "byUse", atMost: this.#now() - this.#keepMs, limit });
  }
}

const digestOf = ({ code, language, interacts }: Permalink): string =>
  createHash("sha256")
    .update(JSON.stringify([code, language, interacts]))
    .digest("hex");
