/** The connection to NATS that a process holds for its life; next: ledger.ts. */
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { credsAuthenticator, type NatsConnection, tokenAuthenticator } from "@nats-io/transport-node";
import { NatsConnectionImpl, setTransportFactory } from "@nats-io/transport-node/lib/nats-base-client.js";
import { NodeTransport, nodeResolveHost } from "@nats-io/transport-node/lib/node_transport.js";
import type { Log } from "#service/log.ts";

export type NatsOptions = {
  /** One address or several with commas; `nats://user:password@host` gives the name and password of them all. */
  url: string;
  /** A JWT credential (a .creds file); without it the connection is anonymous, which a server set up by us refuses. */
  credentialFile?: string | undefined;
  /** A token that somebody renews (a pod's): read again at each connect. */
  tokenFile?: string | undefined;
  name: string;
  /** Where answers to requests come back; a kernel's credential reaches only its own names. */
  inboxPrefix?: string;
  log: Log;
};

/**
 * The client writes each message to the socket by itself. Gathered until the events at hand are dealt with, they take one system call
 * together: under load that call was the largest part of what a gateway did.
 */
class GatheringTransport extends NodeTransport {
  #gathering: Socket | undefined;

  override send(frame: Uint8Array): void {
    if (this.socket && !this.#gathering) {
      this.#gathering = this.socket;
      this.#gathering.cork();
      setImmediate(() => this.#write());
    }
    super.send(frame);
  }

  #write(): void {
    const socket = this.#gathering;
    this.#gathering = undefined;
    socket?.uncork();
  }

  /** What was said before is still on its way. */
  override close(error?: Error): Promise<void> {
    this.#write();
    return super.close(error);
  }
  override disconnect(): void {
    this.#write();
    super.disconnect();
  }
}

/** Connects and goes on reconnecting for ever: what to do in an outage is each caller's decision, with its own limit. */
export async function connectNats(options: NatsOptions): Promise<NatsConnection> {
  // The client takes no password from an address.
  const [, scheme = "", user, pass, rest = ""] = /^(\w+:\/\/)?(?:([^:@/]*):([^@/]*)@)?(.*)$/.exec(options.url) ?? [];
  const { tokenFile } = options;
  setTransportFactory({ factory: () => new GatheringTransport(), dnsResolveFn: nodeResolveHost });
  const connection = await NatsConnectionImpl.connect({
    servers: `${scheme}${rest}`.split(","),
    ...(user !== undefined && pass !== undefined ? { user: decodeURIComponent(user), pass: decodeURIComponent(pass) } : {}),
    name: options.name,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 200,
    reconnectJitter: 100,
    waitOnFirstConnect: true,
    pingInterval: 5000,
    maxPingOut: 3,
    // A stack for every request, in case that it fails, costs more than the request.
    noAsyncTraces: true,
    ...(options.inboxPrefix ? { inboxPrefix: options.inboxPrefix } : {}),
    ...(options.credentialFile ? { authenticator: credsAuthenticator(readFileSync(options.credentialFile)) } : {}),
    // Whoever reviews tokens may be away for a while: a refusal is no reason to give up.
    ...(tokenFile
      ? { authenticator: tokenAuthenticator(() => readFileSync(tokenFile, "utf8").trim()), ignoreAuthErrorAbort: true }
      : {}),
  });
  // Who has been let in once is no stranger: a refusal is a server that starts, or is too busy to wait for our answer.
  if (connection instanceof NatsConnectionImpl) connection.protocol.options.ignoreAuthErrorAbort = true;
  void logStatus(connection, options.log);
  return connection;
}

async function logStatus(connection: NatsConnection, log: Log): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === "disconnect" || status.type === "reconnect") log.warn({ nats: status.type }, "nats connection");
    else if (status.type === "error") log.error({ nats: status.error.message }, "nats refused something");
  }
}
