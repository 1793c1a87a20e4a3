/** Far more than the kernels can take: who is refused, who is not, and that nothing accepted is lost; next: ledger-audit.ts. */
import { jest } from "@jest/globals";
import { type Audit, openAudit } from "#test/end-to-end/ledger-audit.ts";
import { type LiveSystem, startLiveSystem } from "#test/end-to-end/live-system.ts";
import { Visitor } from "#test/end-to-end/visitor.ts";

jest.setTimeout(120_000);

/** The settings that hold when nobody sets others. */
const queueMax = 100;
const perClientMax = 30;
const kernels = 3;

describe("under more load than it can take", () => {
  let system: LiveSystem;
  let audit: Audit;
  let visitor: Visitor;
  beforeAll(async () => {
    system = await startLiveSystem({ echo: true, kernels });
    audit = await openAudit(system);
    visitor = new Visitor(() => [system.url]);
  });
  afterAll(async () => {
    await audit.close();
    expect(await system.end()).toEqual([]);
  });

  /** One request of a client at the address `10.0.0.<client>`, as a proxy would pass it on. */
  const submit = async (client: number, code: string) => {
    const forwarded = { "x-forwarded-for": `10.0.${client >> 8}.${client & 255}` };
    const response = await visitor.ask("/v1/computations", { json: { code }, headers: forwarded });
    const body = (await response.json()) as { id: string; code: string };
    return { status: response.status, retryAfter: response.headers.get("retry-after"), id: body.id, why: body.code };
  };
  const all = <T>(count: number, one: (n: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, n) => one(n)));

  test("what is refused hears why and when to come back, and what is accepted runs once", async () => {
    const asked = await all(400, (n) => submit(n, `sleep(0.2) # ${n}`));
    const taken = asked.filter(({ status }) => status === 201);
    const refused = asked.filter(({ status }) => status !== 201);
    expect(taken.length).toBeGreaterThanOrEqual(queueMax);
    expect(refused.length).toBeGreaterThan(0);
    for (const { status, retryAfter, why } of refused) {
      expect([status, why]).toEqual([503, "full"]);
      expect(Number(retryAfter)).toBeGreaterThan(0);
    }
    const finished = await Promise.all(taken.map(({ id }) => visitor.finish(id)));
    expect(finished.filter(({ outcome }) => outcome.kind !== "ok")).toEqual([]);
    for (const { id } of taken) {
      const steps = (await audit.records(id)).map(({ step }) => step);
      expect([steps.filter((step) => step === "request"), steps.filter((step) => step === "outcome")]).toEqual([
        ["request"],
        ["outcome"],
      ]);
      const replies = (await audit.said(id)).filter(({ record }) => record.record === "end");
      expect(replies).toHaveLength(1);
    }
  });
  test("afterwards it takes the next one as if nothing had been", async () => {
    expect((await visitor.run({ code: "1" })).outcome.kind).toBe("ok");
  });
  test("one client's thousand requests are cut to its share, and do not stand before others", async () => {
    const ends: string[] = [];
    const follow = async (who: string, id: string) => {
      await visitor.finish(id);
      ends.push(who);
    };
    const greedy = await all(1000, () => submit(1, "sleep(0.2)"));
    const taken = greedy.filter(({ status }) => status === 201);
    expect(new Set(greedy.filter(({ status }) => status !== 201).map(({ status, why }) => `${status} ${why}`))).toEqual(
      new Set(["429 tooMany"]),
    );
    // Some may have ended before the last was asked for, and made room.
    expect(taken.length).toBeGreaterThanOrEqual(perClientMax);
    const following = taken.map(({ id }) => follow("greedy", id));
    const others = await all(10, (n) => submit(100 + n, "sleep(0.05)"));
    expect(others.map(({ status }) => status)).toEqual(others.map(() => 201));
    await Promise.all(others.map(({ id }) => follow("other", id)));
    const before = ends.filter((who) => who === "greedy").length;
    await Promise.all(following);
    // Between two of the others' turns the greedy one had one, not its whole line.
    expect(before).toBeLessThanOrEqual(others.length + 2 * kernels + (taken.length - perClientMax));
    expect(ends).toHaveLength(taken.length + others.length);
  });
});
