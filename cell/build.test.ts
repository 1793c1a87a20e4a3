/** What the parts of the cell weigh, against the table of docs/embedding.md; next: loading.test.ts. */
import { ensureCell } from "#cell/build.mjs";
import { read } from "#test/tree.ts";

const table = [...read("docs/embedding.md").matchAll(/^\| `([\w-]+)` \| (\d+) \|/gm)].map(
  ([, part, most]) => [part as string, Number(most)] as const,
);

describe("the built cell", () => {
  it("has the parts that docs/embedding.md names, none heavier than it says, and none much lighter", async () => {
    const weights = Object.entries(await ensureCell()).map(([part, { gzip }]) => [part, gzip / 1024] as const);
    expect(weights.map(([part]) => part).toSorted()).toEqual(table.map(([part]) => part).toSorted());
    const most = new Map(table);
    const wrong = weights.filter(([part, kb]) => {
      const allowed = most.get(part) ?? 0;
      return kb > allowed || kb < allowed / 2 - 1;
    });
    expect(wrong).toEqual([]);
    expect(most.get("loader")).toBeLessThanOrEqual(15);
  });
});
