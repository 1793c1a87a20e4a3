/** Sessions as HTTP sees them; next: session-channel.ts. */
import type { NatsConnection } from "@nats-io/transport-node";
import type { Client, SessionState, Sessions } from "#gateway/core.ts";
import type { FreeKernels } from "#gateway/free-kernels.ts";
import { randomId } from "#gateway/ids.ts";
import { SessionChannel, type SessionChannelParts, type SessionPage } from "#gateway/session-channel.ts";
import { type SessionRecord, sessionRecord } from "#protocol/computation.ts";
import type { SideReply } from "#protocol/exec.ts";
import { Failure } from "#protocol/failures.ts";
import { lastToken, subjects } from "#protocol/subjects.ts";
import type { Stored } from "#service/ledger.ts";

export type SessionParts = SessionChannelParts & {
  gateway: string;
  pool: string;
  kernels: FreeKernels;
  now: () => number;
};

/** A session that never ran anything, or whose kernel is gone, is closed; a closed one is forgotten after the grace time. */
const unusedMsMax = 60 * 60_000;
const closedMsMax = 60 * 60_000;

export class LedgerSessions implements Sessions {
  readonly #parts: SessionParts;
  readonly #channel: SessionChannel;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#channel = new SessionChannel(parts);
  }

  /** What becomes of a session is news wherever it is followed, whichever gateway does it. */
  follow(nats: NatsConnection): { stop: () => void } {
    const subscription = nats.subscribe(subjects.recorded(subjects.session("*")), {
      callback: (error, message) => {
        if (!error) this.#parts.changes.notify(lastToken(message.subject));
      },
    });
    return { stop: () => subscription.unsubscribe() };
  }

  async open(client: Client): Promise<{ id: string }> {
    const { ledger, gateway, pool, now } = this.#parts;
    const id = randomId("s");
    const record = { step: "opened" as const, at: now(), writer: gateway, pool, client: client.id };
    await ledger.append(subjects.session(id), record, 0, sessionRecord);
    return { id };
  }

  async state(id: string): Promise<SessionState> {
    const last = (await this.#records(id)).at(-1)?.record;
    if (last?.step !== "closed") return { id, state: "open" };
    return { id, state: "closed", reason: last.reason, successor: last.successor };
  }

  async #records(id: string): Promise<Stored<SessionRecord>[]> {
    const records = await this.#parts.sessionKernels.records(id);
    if (records.length === 0) throw new Failure("notFound", { detail: "No session has this id (any more)." });
    return records;
  }

  /** Undefined while nothing has run in it. */
  async #openKernel(id: string): Promise<string | undefined> {
    const kernel = await this.#parts.sessionKernels.kernelOf(id);
    if (kernel !== "closed") return kernel;
    await this.#records(id); // an unknown one is notFound
    throw new Failure("sessionClosed");
  }

  async replace(id: string, client: Client): Promise<{ id: string }> {
    const { successor: before } = await this.state(id);
    const { id: successor } = await this.open(client);
    const replaced = await this.#parts.sessionKernels.replace(id, { before, successor });
    if (replaced.successor !== successor) {
      // Another was quicker: this one was never anybody's.
      await this.#parts.ledger.remove(subjects.session(successor));
      return { id: replaced.successor };
    }
    if (replaced.kernel) this.#parts.link.control(replaced.kernel, { control: "closeSession", session: id });
    if (before !== undefined) await this.#end(before);
    return { id: successor };
  }

  async interrupt(id: string): Promise<void> {
    const kernel = await this.#openKernel(id);
    if (kernel) this.#parts.link.control(kernel, { control: "interrupt" });
  }

  async close(id: string): Promise<void> {
    await this.state(id);
    await this.#end(id);
  }

  async #end(id: string): Promise<void> {
    const kernel = await this.#parts.sessionKernels.close(id, "Closed by its owner.");
    if (kernel) this.#parts.link.control(kernel, { control: "closeSession", session: id });
  }

  async request(id: string, request: Parameters<Sessions["request"]>[1]): Promise<SideReply> {
    return this.#channel.request(await this.#openKernel(id), { ...request, session: id });
  }

  async read(id: string, since: number): Promise<SessionPage> {
    return this.#channel.read(id, await this.#records(id), since);
  }

  changed(id: string, since: number, options: { waitMs: number; signal: AbortSignal }): Promise<void> {
    return this.#channel.changed(id, since, options);
  }

  /** Closes what is over and forgets what was closed long ago; called now and then. */
  async sweep(): Promise<void> {
    const { ledger, sessionKernels, kernels, now } = this.#parts;
    for await (const { id, record } of ledger.lastRecords("session", sessionRecord)) {
      const age = now() - record.at;
      if (record.step === "closed" && age > closedMsMax && !(await this.#isReplaced(record)))
        await ledger.remove(subjects.session(id));
      else if (record.step === "opened" && age > unusedMsMax) await sessionKernels.close(id, "Nothing ran in it for an hour.");
      else if (record.step === "assigned" && kernels.isGone(record.kernel))
        await sessionKernels.close(id, "Its kernel is gone.");
    }
  }

  /** A place that is still taken is not forgotten: who knows its first session's id finds the present one. */
  async #isReplaced({ successor }: { successor?: string | undefined }): Promise<boolean> {
    return successor !== undefined && (await this.#parts.sessionKernels.records(successor)).length > 0;
  }
}
