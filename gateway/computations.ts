/** Computations as HTTP sees them: accepted into the ledger, read, cancelled, answered; next: sessions.ts. */

import type { Entry } from "#gateway/book.ts";
import type { Computations, Page, State, Submission, View } from "#gateway/core.ts";
import type { Dispatch, DispatchParts } from "#gateway/dispatch.ts";
import type { Files } from "#gateway/files.ts";
import { digestOf, idOfKey, randomId } from "#gateway/ids.ts";
import type { LedgerRoom } from "#gateway/ledger-room.ts";
import type { Reading } from "#gateway/reading.ts";
import type { Limits, RequestRecord } from "#protocol/computation.ts";
import { Failure, type FailureCode } from "#protocol/failures.ts";
import type { Ledger } from "#service/ledger.ts";

export type SubmitRules = {
  pool: string;
  limits: Limits;
  timeLimitSecondsMax: number;
  waitMsMax: number;
  identitySecret: string;
};

export type ComputationParts = DispatchParts & {
  ledger: Ledger;
  room: LedgerRoom;
  dispatch: Dispatch;
  reading: Reading;
  files: Files;
  rules: SubmitRules;
};

export class LedgerComputations implements Computations {
  readonly #parts: ComputationParts;
  /** A submission was not accepted, for this reason. */
  onRefused: (code: FailureCode) => void = () => {};

  constructor(parts: ComputationParts) {
    this.#parts = parts;
  }

  view(id: string): Promise<View> {
    return this.#parts.reading.view(id);
  }
  read(id: string, since: number): Promise<Page> {
    return this.#parts.reading.read(id, since);
  }
  changed(id: string, since: number, options: { waitMs: number; signal: AbortSignal; state: State }): Promise<void> {
    return this.#parts.reading.changed(id, since, options);
  }

  /** Why nobody's computation could be taken now. */
  full(): Failure | undefined {
    const { queue, kernels, rules } = this.#parts;
    if (!queue.isFull(kernels.free(rules.pool))) return undefined;
    return new Failure("full", { retryAfterSeconds: this.#retryAfterSeconds() });
  }

  async submit(submission: Submission): Promise<{ view: View; repeated: boolean }> {
    try {
      return await this.#submit(submission);
    } catch (error) {
      this.onRefused(error instanceof Failure ? error.code : "internal");
      throw error;
    }
  }

  async #submit(submission: Submission): Promise<{ view: View; repeated: boolean }> {
    const { queue, kernels, rules, reading } = this.#parts;
    const { client, idempotencyKey } = submission;
    const wallMs = this.#wallMs(submission);
    const bodyDigest = digestOf(withoutClient(submission));
    const id = idempotencyKey === undefined ? randomId("c") : idOfKey(rules.identitySecret, client.id, idempotencyKey);
    if (idempotencyKey !== undefined) {
      const known = await this.#known(id, bodyDigest);
      if (known) return known;
    }
    const hasKernel = submission.sessionId !== undefined && (await this.#mustBeOpen(submission.sessionId));
    if (this.#parts.room.isFullFor(this.#parts.dispatch.running))
      throw new Failure("unavailable", { detail: "The ledger is full.", retryAfterSeconds: this.#retryAfterSeconds() });
    // A session's own kernel is nobody else's: strangers' lines do not concern it.
    const refusal = queue.hold(client.id, hasKernel ? Number.POSITIVE_INFINITY : kernels.free(rules.pool));
    if (refusal) throw new Failure(refusal, { retryAfterSeconds: this.#retryAfterSeconds() });
    const release = () => queue.release(client.id);
    try {
      const entry = await this.#accept({ id, submission, wallMs, bodyDigest });
      if (!entry) {
        release();
        const known = await this.#known(id, bodyDigest);
        if (known) return known;
        throw new Failure("internal");
      }
      this.#parts.dispatch.conduct(entry, release);
    } catch (error) {
      if (!this.#parts.dispatch.conducts(id)) release();
      throw error;
    } finally {
      queue.arrived();
    }
    return { view: await reading.view(id), repeated: false };
  }

  /** Appends the request: that is the acceptance. Undefined: the id was there already. */
  async #accept(of: { id: string; submission: Submission; wallMs: number; bodyDigest: string }): Promise<Entry | undefined> {
    const { files, endings, now, gateway, rules, book } = this.#parts;
    const { id, submission } = of;
    const stored = submission.files.length > 0 ? await files.putInputs(id, submission.files) : [];
    const at = now();
    const trace = this.#parts.traces?.begin(submission.traceparent);
    const record: RequestRecord = {
      step: "request",
      at,
      writer: gateway,
      pool: rules.pool,
      client: submission.client.id,
      bodyDigest: of.bodyDigest,
      ...(trace === undefined ? {} : { trace }),
      waitUntil: at + rules.waitMsMax,
      computation: {
        id,
        code: submission.code,
        language: submission.language,
        limits: { ...rules.limits, wallMs: of.wallMs },
        files: stored,
        expressions: submission.expressions,
        allowInput: submission.allowInput,
        ...(submission.storeHistory === undefined ? {} : { storeHistory: submission.storeHistory }),
        ...(submission.interacts === undefined ? {} : { interacts: submission.interacts }),
        ...(submission.figureFormat === undefined ? {} : { figureFormat: submission.figureFormat }),
        ...(submission.mayStay && submission.sessionId === undefined ? { staySession: randomId("s") } : {}),
        ...(submission.sessionId === undefined ? {} : { sessionId: submission.sessionId }),
      },
    };
    if (!(await book.append(id, record, 0))) return undefined;
    endings.forget(id);
    return book.get(id);
  }

  /** A repeat under the same key; throws keyReused for another body under it. */
  async #known(id: string, bodyDigest: string): Promise<{ view: View; repeated: boolean } | undefined> {
    try {
      const found = await this.#parts.reading.find(id);
      const request = "archived" in found ? found.archived.request : found.request;
      if (request.bodyDigest !== bodyDigest) throw new Failure("keyReused");
      return { view: await this.view(id), repeated: true };
    } catch (error) {
      if (error instanceof Failure && error.code === "notFound") return undefined;
      throw error;
    }
  }

  #wallMs(submission: Submission): number {
    const { rules } = this.#parts;
    const seconds = submission.timeoutSeconds;
    if (seconds === undefined) return rules.limits.wallMs;
    if (seconds > rules.timeLimitSecondsMax) {
      const message = `is ${rules.timeLimitSecondsMax} at most here`;
      throw new Failure("invalid", { fields: [{ path: "timeoutSeconds", message }] });
    }
    return Math.ceil(seconds * 1000);
  }

  /** Has the session a kernel by now? */
  async #mustBeOpen(session: string): Promise<boolean> {
    const records = await this.#parts.sessionKernels.records(session);
    const last = records.at(-1)?.record;
    if (!last) throw new Failure("notFound", { detail: "No session has this id (any more)." });
    const gone = last.step === "assigned" && this.#parts.kernels.isGone(last.kernel);
    if (gone) await this.#parts.sessionKernels.close(session, "Its kernel is gone.");
    if (gone || last.step === "closed")
      throw new Failure("sessionClosed", { detail: last.step === "closed" ? last.reason : "Its kernel is gone." });
    return last.step === "assigned";
  }

  /** Spread out, so that those who were refused together do not come back together. */
  #retryAfterSeconds(): number {
    const { queue } = this.#parts;
    const likely = 1 + Math.min(20, queue.size / 10);
    return Math.ceil(likely * (1 + Math.random()));
  }

  async cancel(id: string): Promise<void> {
    await this.#parts.dispatch.cancel(await this.#open(id));
  }

  async input(id: string, value: string): Promise<void> {
    const entry = await this.#open(id);
    const { ledger, transcripts, link } = this.#parts;
    if (!entry.assigned) throw new Failure("notWaitingForInput");
    const { kernel } = entry.assigned;
    const records = (await transcripts.get(id)?.above(0)) ?? (await ledger.transcript(kernel, id, 0));
    const last = records.map((r) => r.record).findLast((r) => r.record === "message" && r.message.msg_type !== "stream");
    if (last?.record !== "message" || last.message.msg_type !== "input_request") throw new Failure("notWaitingForInput");
    link.control(kernel, { control: "input", computation: id, value });
  }

  async #open(id: string): Promise<Entry> {
    const found = await this.#parts.reading.find(id);
    if ("archived" in found || found.outcome) throw new Failure("alreadyFinished");
    return found;
  }
}

const withoutClient = ({ client: _, idempotencyKey: __, traceparent: ___, files, ...rest }: Submission) => ({
  ...rest,
  files: files.map((file) => ({ path: file.path, digest: digestOf([...file.data]) })),
});
