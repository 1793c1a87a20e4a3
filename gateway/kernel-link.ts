/** What a gateway says to one kernel's agent, and to whoever can destroy it; next: dispatch.ts. */
import { headers, type Msg, type NatsConnection } from "@nats-io/transport-node";
import type { z } from "zod";
import {
  type CondemnRequest,
  type ControlMessage,
  condemnReply,
  type ExecReply,
  type ExecRequest,
  execReply,
  runsUserCode,
  type SideReply,
  type SideRequest,
  sideReply,
} from "#protocol/exec.ts";
import { kernelOf, lastToken, subjects } from "#protocol/subjects.ts";
import { Reconnects } from "#service/reconnects.ts";

export type ExecAnswer = ExecReply | { answer: "nobody" } | { answer: "silence" };

const execMsMax = 2_000;
/** An unanswered exec is said again to the same agent, which runs a computation once however often it is told: so often, but in an outage. */
const execTries = 4;
/** After an outage an agent may be back so long after us, and is looked for so often. */
const backMsMax = 5_000;
const lookAgainMs = 250;
/** The agent itself gives up on its kernel after 10 s; where users' functions run, at the session's time limit. */
const sideRequestMsMax = 12_000;
const sideGraceMs = 20_000;
/** Others may stand before it. */
const sideLine = 4;
const condemnMsMax = 10_000;
const outstandingMax = 10_000;

export class KernelLink {
  readonly #nats: NatsConnection;
  readonly #gateway: string;
  readonly #waiting = new Map<number, { kernel: string; answer: (message: Msg) => void }>();
  readonly #reconnects: Reconnects;
  #next = 1;

  constructor(nats: NatsConnection, gateway: string) {
    this.#nats = nats;
    this.#reconnects = new Reconnects(nats);
    this.#gateway = gateway;
  }

  follow(): { stop: () => void } {
    const subscription = this.#nats.subscribe(subjects.reply("*", this.#gateway, "*"), {
      callback: (error, message) => {
        const waiting = error ? undefined : this.#waiting.get(Number(lastToken(message.subject)));
        // Only the asked kernel can publish on its own reply subject; another's name in it is another's answer.
        if (waiting?.kernel === kernelOf(message.subject)) waiting.answer(message);
      },
    });
    return { stop: () => subscription.unsubscribe() };
  }

  /**
   * Offers a computation to exactly this kernel, until `notAfter`. `silence`: it may have taken it all the same. `onlyThere`: no other kernel
   * will do, so after an outage "nobody" is not believed at once.
   */
  async exec(
    kernel: string,
    request: Omit<ExecRequest, "replyTo">,
    { onlyThere = false }: { onlyThere?: boolean } = {},
  ): Promise<ExecAnswer> {
    let giveUp = 0;
    const lost = () => {
      giveUp = Math.min(Date.now() + execMsMax * execTries, request.notAfter);
    };
    lost();
    for (let isFirst = true; ; isFirst = false) {
      const answer = await this.#execOnce(kernel, request, lost);
      // After one silence, "nobody" does not prove that the first was not heard.
      if (answer.answer === "nobody" && isFirst && !(onlyThere && this.#reconnects.ago < backMsMax)) return answer;
      if (answer.answer !== "nobody" && answer.answer !== "silence") return answer;
      const until = this.#reconnects.connected ? giveUp : request.notAfter;
      if (this.#nats.isClosed() || Date.now() >= until) return { answer: "silence" };
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
    }
  }

  #execOnce(kernel: string, request: Omit<ExecRequest, "replyTo">, lost: () => void): Promise<ExecAnswer> {
    const answer = (message: Msg) => {
      const reply = parsed(execReply, message);
      return reply?.computation === request.computation.id ? reply : undefined;
    };
    return this.#ask({ kernel, subject: subjects.exec(kernel), ms: execMsMax, request, answer, lost }).then((answered) =>
      typeof answered === "string" ? { answer: answered } : answered,
    );
  }

  /** Asks what is no computation, once. `silence`: it may be done all the same. `limitMs`: the longest time limit of a session. */
  async request(
    kernel: string,
    request: Omit<SideRequest, "replyTo">,
    limitMs: number,
  ): Promise<SideReply | "nobody" | "silence"> {
    const answer = (message: Msg) => parsed(sideReply, message);
    const ms = runsUserCode(request.msg_type) ? limitMs * sideLine + sideGraceMs : sideRequestMsMax;
    for (;;) {
      const answered = await this.#ask({ kernel, subject: subjects.request(kernel), ms, request, answer });
      if (answered !== "nobody" || this.#reconnects.ago >= backMsMax) return answered;
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
    }
  }

  /**
   * Publishes `request` with a subject to answer on. An answer that `answer` does not take is as good as none. With `lost`, which is called
   * then, a connection that ended before the answer is silence at once.
   */
  #ask<T>(asked: {
    kernel: string;
    subject: string;
    ms: number;
    request: object;
    answer: (message: Msg) => T | undefined;
    lost?: () => void;
  }): Promise<T | "nobody" | "silence"> {
    const { kernel, subject, ms, request, answer, lost } = asked;
    if (this.#waiting.size >= outstandingMax) return Promise.resolve("silence");
    const n = this.#next++;
    const replyTo = subjects.reply(kernel, this.#gateway, n);
    return new Promise((resolve) => {
      const done = (answered: T | "nobody" | "silence") => {
        clearTimeout(timer);
        forget?.();
        this.#waiting.delete(n);
        resolve(answered);
      };
      const timer = setTimeout(() => done("silence"), ms);
      const forget =
        lost &&
        this.#reconnects.once(() => {
          lost();
          done("silence");
        });
      this.#waiting.set(n, {
        kernel,
        answer: (message) => {
          if (message.headers?.code === 503) return done("nobody");
          const answered = answer(message);
          if (answered !== undefined) done(answered);
        },
      });
      try {
        this.#nats.publish(subject, JSON.stringify({ ...request, replyTo }), { reply: replyTo, headers: headers() });
      } catch {
        done("silence"); // the connection is closing
      }
    });
  }

  control(kernel: string, message: ControlMessage): void {
    this.#nats.publish(subjects.control(kernel), JSON.stringify(message));
  }

  /** Has a kernel in doubt destroyed; true when that is confirmed. False: nobody answered in 10 s. */
  async condemn(pool: string, request: CondemnRequest): Promise<boolean> {
    const giveUp = Date.now() + condemnMsMax;
    while (Date.now() < giveUp) {
      try {
        const reply = await this.#nats.request(subjects.condemn(pool), JSON.stringify(request), { timeout: condemnMsMax / 2 });
        const parsed = condemnReply.safeParse(reply.json());
        if (parsed.success && parsed.data.kernel === request.kernel) return parsed.data.destroyed;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
    return false;
  }
}

/** Undefined for what is none: an agent's own subject, judged like no answer. */
function parsed<S extends z.ZodType>(schema: S, message: Msg): z.output<S> | undefined {
  try {
    return schema.safeParse(message.json()).data;
  } catch {
    return undefined;
  }
}
