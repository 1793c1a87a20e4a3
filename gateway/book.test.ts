/** What a gateway knows of the order within a session; next: dispatch.test.ts. */
import { Book, type Entry } from "#gateway/book.ts";
import { Changes } from "#gateway/changes.ts";
import type { ComputationRecord } from "#protocol/computation.ts";
import type { Ledger } from "#service/ledger.ts";
import { computation, newId } from "#test/agent.ts";

/** A book that hears of what is accepted, and where it was in the ledger. */
const bookOf = () => {
  const book = new Book({} as Ledger, new Changes());
  const by = { at: 0, writer: newId("g") };
  const accepted = (sequence: number, sessionId?: string): Entry => {
    const asked = computation("1", sessionId === undefined ? {} : { sessionId });
    const rules = { pool: "default", client: "x", bodyDigest: "", waitUntil: 0 };
    const record: ComputationRecord = { ...by, ...rules, step: "request", computation: asked };
    book.apply(asked.id, { sequence, record });
    return book.get(asked.id) as Entry;
  };
  const assigned = ({ id }: Entry, sequence: number) =>
    book.apply(id, { sequence, record: { ...by, step: "assigned", kernel: newId("k"), notAfter: 0, endBy: 0 } });
  const over = ({ id }: Entry, sequence: number) =>
    book.apply(id, {
      sequence,
      record: { ...by, step: "outcome", outcome: { kind: "ok", message: "", lastNumber: 0, files: [] } },
    });
  return { book, accepted, assigned, over };
};

describe("ahead of a session's computation", () => {
  const session = newId("s");

  test("is the one accepted last before it, however late that was heard of and whatever happened to it since", () => {
    const { book, accepted, assigned } = bookOf();
    const [third, first, second] = [accepted(30, session), accepted(10, session), accepted(20, session)];
    assigned(second, 40);
    expect([first, second, third].map((one) => book.ahead(one)?.id)).toEqual([undefined, first.id, second.id]);
  });
  test("is none that is over or forgotten, of another session, or of none", () => {
    const { book, accepted, over } = bookOf();
    const [finished, forgotten] = [accepted(10, session), accepted(20, session)];
    accepted(30, newId("s"));
    const free = [accepted(40), accepted(50)];
    over(finished, 60);
    book.forget(forgotten.id);
    expect(book.ahead(accepted(70, session))).toBeUndefined();
    expect(book.ahead(free[1] as Entry)).toBeUndefined();
  });
});
