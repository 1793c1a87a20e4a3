/** Which kernel a session has, by the ledger: bound at its first computation, closed once; next: sessions.ts. */
import { type SessionRecord, sessionRecord } from "#protocol/computation.ts";
import { Failure } from "#protocol/failures.ts";
import { subjects } from "#protocol/subjects.ts";
import type { Ledger, Stored } from "#service/ledger.ts";

/** How often one session may be replaced: its subject keeps a record of each. */
const replacementsMax = 1_000;

export class SessionKernels {
  readonly #ledger: Ledger;
  readonly #gateway: string;
  readonly #now: () => number;

  constructor(ledger: Ledger, gateway: string, now: () => number) {
    this.#ledger = ledger;
    this.#gateway = gateway;
    this.#now = now;
  }

  async records(session: string): Promise<Stored<SessionRecord>[]> {
    return this.#ledger.records(subjects.session(session), sessionRecord);
  }

  /** Its kernel, undefined while it has none, "closed" when it is over or unknown. */
  async kernelOf(session: string): Promise<string | "closed" | undefined> {
    const last = (await this.records(session)).at(-1)?.record;
    if (!last || last.step === "closed") return "closed";
    return last.step === "assigned" ? last.kernel : undefined;
  }

  /** Opens the session that a computation's kernel stays as; again by another gateway is harmless. */
  async stay(session: string, of: { kernel: string; pool: string; client: string }): Promise<void> {
    const { kernel, pool, client } = of;
    const opened: SessionRecord = { step: "opened", at: this.#now(), writer: this.#gateway, pool, client };
    await this.#ledger.append(subjects.session(session), opened, 0, sessionRecord);
    await this.bind(session, kernel);
  }

  /** Binds the kernel if the session has none; answers with the kernel that it has then. */
  async bind(session: string, kernel: string): Promise<string | "closed"> {
    const last = (await this.records(session)).at(-1);
    if (!last || last.record.step === "closed") return "closed";
    if (last.record.step === "assigned") return last.record.kernel;
    const record: SessionRecord = { step: "assigned", at: this.#now(), writer: this.#gateway, kernel };
    const appended = await this.#ledger.append(subjects.session(session), record, last.sequence, sessionRecord);
    if (appended.won) return kernel;
    return appended.last?.record.step === "assigned" ? appended.last.record.kernel : "closed";
  }

  /**
   * Puts `successor` in its place, in which `before` was until now (undefined: itself). Answers with who has the place then, and with
   * the kernel that the session itself had if it was open. Throws Failure tooMany.
   */
  async replace(
    session: string,
    by: { before: string | undefined; successor: string },
  ): Promise<{ successor: string; kernel?: string }> {
    for (;;) {
      const records = await this.records(session);
      const last = records.at(-1);
      if (!last) throw new Failure("notFound", { detail: "No session has this id (any more)." });
      const present = last.record.step === "closed" ? last.record.successor : undefined;
      if (present !== undefined && present !== by.before) return { successor: present };
      if (records.length > replacementsMax)
        throw new Failure("tooMany", { detail: "It was restarted too often: open a new one." });
      const { successor } = by;
      const record: SessionRecord = {
        step: "closed",
        at: this.#now(),
        writer: this.#gateway,
        reason: "Another session took its place.",
        successor,
      };
      const appended = await this.#ledger.append(subjects.session(session), record, last.sequence, sessionRecord);
      if (appended.won) return last.record.step === "assigned" ? { successor, kernel: last.record.kernel } : { successor };
    }
  }

  /** Closes it unless it is closed; answers with the kernel that it had. */
  async close(session: string, reason: string): Promise<string | undefined> {
    for (;;) {
      const records = await this.records(session);
      const last = records.at(-1);
      if (!last || last.record.step === "closed") return undefined;
      const record: SessionRecord = { step: "closed", at: this.#now(), writer: this.#gateway, reason: reason.slice(0, 200) };
      const appended = await this.#ledger.append(subjects.session(session), record, last.sequence, sessionRecord);
      if (appended.won) return last.record.step === "assigned" ? last.record.kernel : undefined;
    }
  }
}
