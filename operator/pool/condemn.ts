/** A gateway condemns a kernel: it is destroyed, and the answer says whether that is certain. All gateways hear of each that is destroyed; next: reconcile.ts. */
import type { NatsConnection } from "@nats-io/transport-node";
import { type CondemnReply, condemnRequest, type DestroyedKernel } from "#protocol/exec.ts";
import { lastToken, subjects } from "#protocol/subjects.ts";
import type { Log } from "#service/log.ts";

export type CondemnInput = {
  nats: NatsConnection;
  /** One pool, or "*" for every pool there is. */
  pool: string;
  /** Resolves when the kernel is certainly gone; rejects when nobody knows. */
  destroy: (pool: string, kernel: string) => Promise<void>;
  log: Log;
};

/** Condemned at a time; a gateway asks again for one that had no answer. */
const atOnce = 64;

/** To all gateways: who waits for this kernel need not wait for its silence. */
export const tellDestroyed = (nats: NatsConnection, pool: string, kernel: string): void => {
  const said: DestroyedKernel = { kernel };
  if (!nats.isClosed()) nats.publish(subjects.destroyed(pool), JSON.stringify(said));
};

export const answerCondemned = ({ nats, pool, destroy, log }: CondemnInput): { stop: () => void } => {
  let open = 0;
  const answer = async (subject: string, message: unknown): Promise<CondemnReply> => {
    const { kernel, reason } = condemnRequest.parse(message);
    const of = subject.split(".")[1] ?? "";
    log.warn({ kernel, pool: of, reason }, "a kernel is condemned");
    try {
      await destroy(of, kernel);
      return { kernel, destroyed: true };
    } catch (error) {
      log.error({ kernel, error }, "a condemned kernel does not go");
      return { kernel, destroyed: false };
    }
  };
  const subscription = nats.subscribe(subjects.condemn(pool), {
    callback: (error, message) => {
      if (error || open >= atOnce) return void log.warn({ open, error }, "a condemnation was not taken");
      open += 1;
      Promise.resolve()
        .then(() => answer(message.subject, message.json()))
        .then((reply) => void message.respond(JSON.stringify(reply)))
        .catch(() => log.warn({ what: lastToken(message.subject) }, "not understood"))
        .finally(() => {
          open -= 1;
        });
    },
  });
  return { stop: () => subscription.unsubscribe() };
};
