/**
 * Who a connection to NATS is: nats-server asks, a pod's token is reviewed, and its agent gets exactly its kernel's subjects; next: main.ts.
 * Every operator answers, whether it leads or not: a kernel that reconnects waits for nobody's election.
 */
import { type AuthorizationRequest, decode, encodeAuthorizationResponse, encodeUser } from "@nats-io/jwt";
import type { KeyPair } from "@nats-io/nkeys";
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import { kernelConnectionLimits, kernelPermissions } from "#protocol/subjects.ts";
import type { Log } from "#service/log.ts";

/** The pod that a token was made for, as the API server says, and as it stands now. */
export type TokenHolder = { kernel: string };

export type AuthCalloutInput = {
  nats: NatsConnection;
  issuer: KeyPair;
  /** NATS' account in which kernels live. */
  account: string;
  /** undefined: nobody we know. Rejects when that cannot be found out now. */
  holderOf: (token: string) => Promise<TokenHolder | undefined>;
  calledOut: (answer: "allowed" | "refused" | "failed") => void;
  log: Log;
};

const calloutSubject = "$SYS.REQ.USER.AUTH";
const queue = "operators";
const limits = {
  atOnce: 64,
  /** No token of the API server's is longer. */
  tokenBytesMax: 16_384,
  /** An agent that is refused comes again and again: this keeps it from asking the API server as fast as it can. */
  refusalMs: 1_000,
};

export const answerCallouts = (input: AuthCalloutInput): { stop: () => void } => {
  const { nats, log } = input;
  let open = 0;
  const subscription = nats.subscribe(calloutSubject, {
    queue,
    callback: (error, message) => {
      // Not answered, it is refused by nats-server after its time-out.
      if (error || open >= limits.atOnce) return void log.warn({ open, error }, "a connection was not decided on");
      open += 1;
      answer(input, message)
        .catch((failure: unknown) =>
          log.warn({ failure: failure instanceof Error ? failure.name : "unknown" }, "not understood"),
        )
        .finally(() => {
          open -= 1;
        });
    },
  });
  return { stop: () => subscription.unsubscribe() };
};

const answer = async ({ issuer, account, holderOf, calledOut, log }: AuthCalloutInput, message: Msg): Promise<void> => {
  const { nats: asked } = decode<AuthorizationRequest>(message.string());
  const { user_nkey: user, server_id: server, connect_opts: options } = asked as AuthorizationRequest;
  const respond = async (data: { jwt: string } | { error: string }) =>
    message.respond(await encodeAuthorizationResponse(user, server.id, issuer, data, {}));
  const refuse = async (why: "refused" | "failed") => {
    calledOut(why);
    await new Promise((resolve) => setTimeout(resolve, limits.refusalMs));
    await respond({ error: why });
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
