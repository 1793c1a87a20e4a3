/**
 * Who a connection to NATS is: nats-server asks, a pod's token is reviewed, and its agent gets exactly its kernel's subjects; next: main.ts.
 * Every operator answers, whether it leads or not: a kernel that reconnects waits for nobody's election.
 */
import { type AuthorizationRequest, encodeAuthorizationResponse, encodeUser } from "@nats-io/jwt";
import type { KeyPair } from "@nats-io/nkeys";
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import { signedClaims } from "#operator/nats-signatures.ts";
import { kernelConnectionLimits, kernelPermissions } from "#protocol/subjects.ts";
import type { Log } from "#service/log.ts";

/** The pod that a token was made for, as the API server says, and as it stands now. */
export type TokenHolder = { kernel: string };

export type AuthCalloutInput = {
  nats: NatsConnection;
  issuer: KeyPair;
  /** Opens sealed questions. */
  xkey: KeyPair;
  /** NATS' account in which kernels live. */
  account: string;
  /** undefined: nobody we know. Rejects when that cannot be found out now. */
  holderOf: (token: string) => Promise<TokenHolder | undefined>;
  calledOut: (answer: "allowed" | "refused" | "failed") => void;
  log: Log;
};

const calloutSubject = "$SYS.REQ.USER.AUTH";
const queue = "operators";
/** A sealed question names the server's own key, which sealed it. */
const sealedBy = "Nats-Server-Xkey";
const limits = {
  atOnce: 64,
  /** After a restart of NATS every agent comes at once. */
  waitingMax: 4096,
  /** Below the time that nats-server gives us (5 s): a later answer would be for nobody. */
  waitMs: 4_000,
  /** Refusals on their way; who is beyond them gets none, and nats-server's own in the end. */
  refusalsMax: 1024,
  /** Between two words about what was dropped. */
  droppedMs: 10_000,
  /** No token of the API server's is longer. */
  tokenBytesMax: 16_384,
  /** An agent that is refused comes again and again: this keeps it from asking the API server as fast as it can. */
  refusalMs: 1_000,
};

export const answerCallouts = (input: AuthCalloutInput): { stop: () => void } => {
  const { nats, log } = input;
  const waiting: { message: Msg; at: number }[] = [];
  const refusals = new Set<NodeJS.Timeout>();
  let open = 0;
  let dropped = 0;
  let toldAt = 0;
  /** Not answered, they are refused by nats-server after its time-out, and come again. */
  const drop = (count: number) => {
    dropped += count;
    if (count === 0 || Date.now() - toldAt < limits.droppedMs) return;
    log.warn({ dropped }, "more connections to NATS came than could be decided on");
    [dropped, toldAt] = [0, Date.now()];
  };
  const later = (refuse: () => Promise<unknown>) => {
    if (refusals.size >= limits.refusalsMax) return;
    const timer = setTimeout(() => {
      refusals.delete(timer);
      refuse().catch(failed);
    }, limits.refusalMs);
    refusals.add(timer);
  };
  const failed = (failure: unknown) =>
    log.warn({ failure: failure instanceof Error ? failure.name : "unknown" }, "not understood");
  let looking: NodeJS.Immediate | undefined;
  /** One at a time, and NATS is heard between them: else what came meanwhile would seem younger than it is. */
  const look = () => {
    looking ??= setImmediate(() => {
      looking = undefined;
      work();
    });
  };
  const work = (): void => {
    if (open >= limits.atOnce) return;
    // The newest first: who has waited long is about to be given up by nats-server, and comes again.
    const next = waiting.pop();
    if (!next) return;
    if (Date.now() - next.at > limits.waitMs) {
      drop(1 + waiting.splice(0).length);
      return;
    }
    open += 1;
    answer({ ...input, later }, next.message)
      .catch(failed)
      .finally(() => {
        open -= 1;
        look();
      });
    look();
  };
  const subscription = nats.subscribe(calloutSubject, {
    queue,
    callback: (error, message) => {
      if (error) return void log.warn({ error }, "a connection was not decided on");
      waiting.push({ message, at: Date.now() });
      drop(waiting.splice(0, waiting.length - limits.waitingMax).length);
      look();
    },
  });
  return {
    stop: () => {
      subscription.unsubscribe();
      clearImmediate(looking);
      waiting.length = 0;
      for (const timer of refusals) clearTimeout(timer);
    },
  };
};

type Answering = AuthCalloutInput & { later: (refuse: () => Promise<unknown>) => void };

const questionOf = (message: Msg, xkey: KeyPair): string => {
  const server = message.headers?.get(sealedBy);
  if (!server) return message.string();
  const opened = xkey.open(message.data, server);
  if (!opened) throw new Error("sealed for another key");
  return new TextDecoder().decode(opened);
};

/** The answer is signed and not sealed: it has no secret in it. */
const answer = async ({ issuer, xkey, account, holderOf, calledOut, later, log }: Answering, message: Msg): Promise<void> => {
  const { nats: asked } = signedClaims<{ nats: AuthorizationRequest }>(questionOf(message, xkey));
  const { user_nkey: user, server_id: server, connect_opts: options } = asked;
  const respond = async (data: { jwt: string } | { error: string }) =>
    message.respond(await encodeAuthorizationResponse(user, server.id, issuer, data, {}));
  const refuse = (why: "refused" | "failed") => {
    calledOut(why);
    later(() => respond({ error: why }));
  };

  const token = options.auth_token ?? "";
  if (token === "" || token.length > limits.tokenBytesMax) return refuse("refused");
  let holder: TokenHolder | undefined;
  try {
    holder = await holderOf(token);
  } catch (error) {
    log.error({ error: error instanceof Error ? error.name : "unknown" }, "a token could not be reviewed");
    return refuse("failed");
  }
  if (!holder) return refuse("refused");
  const { publish, subscribe } = kernelPermissions(holder.kernel);
  const rights = {
    pub: { allow: publish, deny: [] },
    sub: { allow: subscribe, deny: [] },
    ...kernelConnectionLimits,
    data: -1,
    allowed_connection_types: ["STANDARD" as const],
  };
  await respond({ jwt: await encodeUser(holder.kernel, user, issuer, rights, { aud: account }) });
  calledOut("allowed");
};
