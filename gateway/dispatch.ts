/**
 * Takes each accepted computation of this gateway to a kernel; next: endings.ts (from there to its outcome).
 *
 *   queued ──take──▶ assigned ──exec──▶ accepted ──end──▶ outcome
 *     │  ▲              │ busy, nobody, silence + destroyed    │ kernel gone, too late, cancelled in vain: destroyed first
 *     │  └──────────────┘                                      ▼
 *     └── waited too long, cancelled ────────────────────▶ outcome (rejected, cancelled, lost, timeout)
 *
 * Every step is an append that names the last sequence, so whoever else acts on the same computation, one goes on.
 */
import type { z } from "zod";
import type { Entry } from "#gateway/book.ts";
import { type EndingParts, type Endings, plain } from "#gateway/endings.ts";
import type { FairQueue } from "#gateway/queue.ts";
import type { Transcript, Transcripts } from "#gateway/transcript.ts";
import type { uploadGrant } from "#protocol/exec.ts";
import type { Log } from "#service/log.ts";

/** After the time limit: the kernel's own stopping, collecting files, uploading them. */
export const afterLimitMs = 10_000 + 30_000;
/** How long an assigned kernel may take to begin. */
const beginMsMax = 60_000;
/** A session's kernel may have this many of its computations in line (agent/serve.ts). */
const sessionLine = 17;
/** Between two offers to a session's kernel, which has not got the computation before this one yet, or whose line is full. */
const againMs = { first: 10, most: 200 };
/** How long a session's computation waits for news of its session, or of the one before it, until it looks again. */
const aheadMs = 300;

export type Waiting = { entry: Entry; go: (way: Way) => void };
/** again: the computation before it in its session has gone on, or may have, or its session has a kernel or is closed by now. */
type Way = { kernel: string } | "over" | "late" | "again";
type Taken = "accepted" | "next" | "over";

export type DispatchParts = EndingParts & {
  endings: Endings;
  queue: FairQueue<Waiting>;
  transcripts: Transcripts;
  grant: (entry: Entry) => z.infer<typeof uploadGrant>;
  log: Log;
};

export class Dispatch {
  readonly #parts: DispatchParts;
  readonly #conducted = new Set<string>();

  constructor(parts: DispatchParts) {
    this.#parts = parts;
    parts.kernels.onFree = (pool) => this.#serve(pool);
  }

  get running(): number {
    return this.#conducted.size;
  }
  conducts(id: string): boolean {
    return this.#conducted.has(id);
  }

  /** Takes the computation on until its outcome is known, then calls `over`; a second call while that goes on does nothing. */
  conduct(entry: Entry, over: () => void = () => {}): void {
    if (this.#conducted.has(entry.id)) return;
    this.#conducted.add(entry.id);
    this.#toTheEnd(entry)
      .catch((error: unknown) => this.#parts.log.error({ computation: entry.id, error }, "left to another try"))
      .finally(() => {
        this.#conducted.delete(entry.id);
        this.#parts.endings.forget(entry.id);
        over();
      });
  }

  /** Asks for an end: at once where nothing runs yet, else of the kernel, and by force when that does not help. */
  async cancel(entry: Entry): Promise<void> {
    const { queue, endings, book } = this.#parts;
    if (!entry.assigned) {
      const waiting = queue.remove(entry.id);
      const done = await endings.finish(entry, plain("cancelled", "Cancelled before it began."));
      waiting?.go("over");
      if (done) return;
    }
    const now = book.get(entry.id);
    if (!now?.assigned || now.outcome) return;
    endings.askToCancel(now, now.assigned.kernel);
    this.conduct(now);
  }

  async #toTheEnd(first: Entry): Promise<void> {
    const { endings, transcripts, book } = this.#parts;
    let entry = first;
    let turnedAway = 0;
    // An adopted one may have been offered already: offering it again to the same kernel runs it once.
    let kernel = entry.assigned?.kernel;
    while (!entry.outcome) {
      const adopted = kernel !== undefined;
      if (kernel === undefined) {
        const way = await this.#kernelFor(entry, turnedAway);
        if (way === "over") return;
        if (way === "again") {
          entry = book.get(entry.id) ?? entry;
          continue;
        }
        if (way === "late") return void (await endings.finish(entry, plain("rejected", "No kernel became free in time.")));
        const assigned = await this.#assign(entry, way.kernel);
        if (!assigned) return;
        entry = assigned;
        kernel = way.kernel;
      }
      const transcript = await transcripts.start({ kernel, id: entry.id }, { fresh: !adopted });
      try {
        const taken = transcript.end ? "accepted" : await this.#offer(entry, transcript, adopted);
        if (taken === "accepted") await endings.watch(entry, transcript);
        if (taken !== "next") return;
      } finally {
        transcripts.release(transcript);
      }
      kernel = undefined;
      turnedAway++;
      entry = book.get(entry.id) ?? entry;
    }
  }

  /** An idle kernel, at once or by waiting in line; "late" when the longest wait is over, "over" when it was cancelled. */
  async #kernelFor(entry: Entry, turnedAway: number): Promise<Way> {
    const { kernels, queue, now, sessionKernels, changes, book } = this.#parts;
    const { computation, pool, client, waitUntil } = entry.request;
    const left = waitUntil - now();
    if (computation.sessionId !== undefined) {
      const ahead = book.ahead(entry);
      if (ahead && !ahead.assigned && left > 0) {
        await changes.wait(ahead.id, { ms: Math.min(left, aheadMs) });
        return "again";
      }
      const bound = await sessionKernels.kernelOf(computation.sessionId);
      if (bound === "closed" || left <= 0) return "late";
      if (bound) {
        if (turnedAway > 0) await changes.wait(entry.id, { ms: Math.min(againMs.most, againMs.first * 2 ** (turnedAway - 1)) });
        return { kernel: bound };
      }
    }
    const isFirst = turnedAway > 0;
    const idle = queue.size === 0 || isFirst ? kernels.take(pool) : undefined;
    if (idle) return this.#forSession(entry, idle);
    if (left <= 0) return "late";
    const inLine = new AbortController();
    const way = await new Promise<Way>((resolve) => {
      const timer = setTimeout(() => {
        queue.remove(entry.id);
        resolve("late");
      }, left);
      const go = (taken: Way) => {
        clearTimeout(timer);
        resolve(taken);
      };
      queue.add(entry.id, { client, item: { entry, go }, first: isFirst });
      this.#serve(pool);
      if (computation.sessionId !== undefined) void this.#followSession(entry.id, computation.sessionId, inLine.signal);
    });
    inLine.abort();
    return typeof way === "string" ? way : this.#forSession(entry, way.kernel);
  }

  /** Takes a session's computation out of the line when its session is closed, or has a kernel; keeps its place else. */
  async #followSession(id: string, session: string, inLine: AbortSignal): Promise<void> {
    const { changes, sessionKernels, queue } = this.#parts;
    let kernel: string | undefined;
    while (kernel === undefined && !inLine.aborted) {
      await changes.wait(session, { ms: aheadMs, signal: inLine });
      // Who looks next meets what failed here.
      if (!inLine.aborted) kernel = await sessionKernels.kernelOf(session).catch(() => "unknown");
    }
    queue.remove(id)?.go("again");
  }

  async #forSession(entry: Entry, kernel: string): Promise<Way> {
    const session = entry.request.computation.sessionId;
    if (session === undefined) return { kernel };
    let bound: string | undefined;
    try {
      bound = await this.#parts.sessionKernels.bind(session, kernel);
      this.#parts.changes.notify(session);
      return bound === "closed" ? "late" : { kernel: bound };
    } finally {
      if (bound !== kernel) this.#parts.kernels.giveBack(kernel);
    }
  }

  #serve(pool: string): void {
    const { kernels, queue } = this.#parts;
    while (queue.size > 0) {
      const kernel = kernels.take(pool);
      if (kernel === undefined) return;
      const next = queue.next();
      if (!next) {
        kernels.giveBack(kernel);
        return;
      }
      next.go({ kernel });
    }
  }

  async #assign(entry: Entry, kernel: string): Promise<Entry | undefined> {
    const { now, gateway, endings, kernels } = this.#parts;
    const at = now();
    const { limits, sessionId } = entry.request.computation;
    const oneMs = limits.wallMs + afterLimitMs;
    const endBy = at + beginMsMax + (sessionId === undefined ? oneMs : oneMs * sessionLine);
    let assigned: Entry | undefined;
    try {
      const times = { notAfter: at + beginMsMax, endBy };
      assigned = await endings.append(entry, { step: "assigned", at, writer: gateway, kernel, ...times });
      return assigned;
    } finally {
      // Also where another gateway's record came first, and even if that names the same kernel: it is not ours to ask.
      if (!assigned) kernels.giveBack(kernel);
    }
  }

  /** `adopted`: this kernel may have had the computation already, so its absence alone says nothing about whether it ran. */
  async #offer(entry: Entry, transcript: Transcript, adopted: boolean): Promise<Taken> {
    const { link, kernels, gateway, grant, log, book } = this.#parts;
    const { kernel } = transcript;
    const notAfter = entry.assigned?.notAfter ?? 0;
    const { computation, trace } = entry.request;
    const ahead = book.ahead(entry);
    const after = ahead ? { after: ahead.id } : {};
    const traced = trace === undefined ? {} : { traced: true };
    const onlyThere = adopted || computation.sessionId !== undefined;
    const request = { computation, gateway, notAfter, ...after, ...traced, grant: grant(entry) };
    const answer = await link.exec(kernel, request, { onlyThere });
    switch (answer.answer) {
      case "accepted":
        kernels.settle(kernel, answer.sequence);
        return "accepted";
      case "busy":
        kernels.settle(kernel, answer.sequence);
        return "next";
      case "refused":
        kernels.settle(kernel, undefined);
        log.warn({ computation: entry.id, kernel, reason: answer.reason }, "refused by its kernel");
        return "next";
      case "nobody":
        if (onlyThere) return this.#elsewhere(entry, transcript, "Its kernel is gone.");
        kernels.forget(kernel);
        return "next";
      case "silence":
        return this.#elsewhere(entry, transcript, "Its kernel did not answer.");
    }
  }

  /** On to another kernel, if this one is destroyed for certain and the ledger has nothing of it; else it is lost. */
  async #elsewhere(entry: Entry, transcript: Transcript, why: string): Promise<Taken> {
    const { link, kernels, endings } = this.#parts;
    const { kernel } = transcript;
    const destroyed = await link.condemn(entry.request.pool, { kernel, reason: why });
    kernels.forget(kernel);
    await transcript.catchUp();
    if (destroyed && transcript.last === 0 && entry.request.computation.sessionId === undefined) return "next";
    await endings.lose(entry, transcript, plain("lost", why));
    return "over";
  }
}
