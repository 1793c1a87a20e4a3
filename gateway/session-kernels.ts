/** Which kernel a session has, by the ledger: bound at its first computation, closed once; next: sessions.ts. */
import { type SessionRecord, sessionRecord } from "#protocol/computation.ts";
import { subjects } from "#protocol/subjects.ts";
import type { Ledger, Stored } from "#service/ledger.ts";

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
