/** What was promised of a computation, checked by what a client reads and by the ledger behind its back; next: ledger-audit.ts. */
import type { Audit } from "#test/end-to-end/ledger-audit.ts";
import { type Finished, text, type Visitor } from "#test/end-to-end/visitor.ts";

const lineMs = 50;

/** Code that says once that it begins, in one write, with a word that nobody can guess, and then lines for a while; and all of these. */
export const saying = (lines: number) => ({
  code: [
    "import os, time",
    "print('begun ' + os.urandom(8).hex(), flush=True)",
    `for i in range(${lines}):`,
    "    print('line', i, flush=True)",
    `    time.sleep(${lineMs / 1000})`,
  ].join("\n"),
  whole: Array.from({ length: lines }, (_, i) => `line ${i}\n`).join(""),
});

/**
 * One request, one outcome, soon enough; begun once at most, whichever kernels had it; the same to whoever reads it again; `whole` when
 * it went well, else a beginning of it.
 */
export const keepsWhatWasPromised = async (about: {
  visitor: Visitor;
  audit: Audit;
  finished: Finished;
  whole: string;
  lastsMsMax: number;
}): Promise<void> => {
  const { visitor, audit, finished, whole, lastsMsMax } = about;
  const { id, messages, outcome, tookMs } = finished;
  expect(tookMs).toBeLessThan(lastsMsMax);
  const again = await visitor.finish(id);
  expect(again.messages).toEqual(messages);
  expect(again.outcome).toEqual(outcome);
  const records = await audit.records(id);
  expect(records.filter(({ step }) => step === "request")).toHaveLength(1);
  expect(records.filter(({ step }) => step === "outcome")).toHaveLength(1);
  const begun = new Set((await audit.said(id)).flatMap(({ record }) => /begun \w+/.exec(JSON.stringify(record))?.[0] ?? []));
  expect(begun.size).toBe(messages.length === 0 ? 0 : 1);
  const said = text(finished).replace(/^begun \w+\n?/, "");
  if (outcome.kind === "ok") expect(said).toBe(whole);
  else expect(whole.startsWith(said)).toBe(true);
};
