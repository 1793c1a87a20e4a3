/** A real nats-server set up as on a cluster: two static users, and an auth callout for everybody else; next: nats-server.ts. */
import { issuerFrom, xkeyFrom } from "#operator/nats-issuer.ts";
import { makeLog } from "#service/log.ts";
import { connectNats } from "#service/nats.ts";
import { startNatsServer } from "#test/nats-server.ts";

export const account = "SANDCELL";
const secret = "a secret of thirty-two characters or more";
/** What the callout answers with. */
export const keys = { issuer: issuerFrom(secret), xkey: xkeyFrom(secret) };
const password = "password";
const log = makeLog("test", "silent");

/** Has the users gateway and operator in the account, operator-system in the system's. */
export const startCalloutServer = async () => {
  const users = (...names: string[]) => names.map((user) => ({ user, password }));
  const server = await startNatsServer({
    settings: {
      accounts: {
        [account]: { jetstream: "enabled", users: users("gateway", "operator") },
        SYSTEM: { users: users("operator-system") },
      },
      system_account: "SYSTEM",
      authorization: {
        timeout: 5,
        auth_callout: {
          account,
          auth_users: ["gateway", "operator", "operator-system"],
          issuer: keys.issuer.getPublicKey(),
          xkey: keys.xkey.getPublicKey(),
        },
      },
    },
  });
  const connectAs = (user: string) =>
    connectNats({ url: server.url.replace("nats://", `nats://${user}:${password}@`), name: user, log });
  return { server, connectAs, log };
};
