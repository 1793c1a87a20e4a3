/** Three real nats-servers as one cluster, each of which can be replaced as an upgrade replaces it; next: core-rig.ts. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { until } from "#test/agent.ts";
import { answering, freePort, natsServerPath } from "#test/nats-server.ts";

const servers = 3;
const currentMs = 60_000;

export type NatsCluster = {
  /** All three, with commas. */
  url: string;
  /** As a StatefulSet does it: the server sends its clients away and ends, and comes again with the data that it had. */
  replace: (server: number) => Promise<void>;
  /** Resolves when every stream has its leader and all its copies are up to date. */
  current: (nats: NatsConnection) => Promise<void>;
  stop: () => Promise<void>;
};

export async function startNatsCluster(): Promise<NatsCluster> {
  const folder = mkdtempSync(join(tmpdir(), "sandcell-nats-cluster-"));
  const numbers = Array.from({ length: servers }, (_, n) => n);
  const ports: { client: number; route: number }[] = [];
  for (const _ of numbers) ports.push({ client: await freePort(), route: await freePort() });
  const children: ChildProcess[] = [];
  const start = (n: number) => {
    const of = ports[n];
    if (!of) throw new Error(`no server ${n}`);
    const config = {
      server_name: `n${n}`,
      listen: `127.0.0.1:${of.client}`,
      jetstream: { store_dir: join(folder, `n${n}`) },
      lame_duck_grace_period: "1s",
      lame_duck_duration: "30s",
      cluster: {
        name: "test",
        listen: `127.0.0.1:${of.route}`,
        routes: ports.map(({ route }) => `nats-route://127.0.0.1:${route}`),
      },
    };
    const path = join(folder, `n${n}.conf`);
    writeFileSync(path, JSON.stringify(config));
    children[n] = spawn(natsServerPath, ["-c", path], { stdio: "ignore" });
    return answering(of.client);
  };
  await Promise.all(numbers.map(start));
  await hasLeader(ports.map(({ client }) => client));
  const end = async (n: number, signal: NodeJS.Signals) => {
    const child = children[n];
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  };
  return {
    url: ports.map(({ client }) => `nats://127.0.0.1:${client}`).join(","),
    replace: async (n) => {
      await end(n, "SIGUSR2"); // a lame duck from now on
      await start(n);
    },
    current: async (nats) => {
      await until(
        "all copies up to date",
        async () => {
          const jsm = await jetstreamManager(nats, { timeout: 1000, checkAPI: false }).catch(() => undefined);
          if (!jsm) return false;
          const found = await jsm.streams
            .list()
            .next()
            .catch(() => []);
          return (
            found.length > 0 &&
            found.every(
              ({ cluster }) =>
                cluster?.leader && cluster.replicas?.length === servers - 1 && cluster.replicas.every(({ current }) => current),
            )
          );
        },
        currentMs,
      );
    },
    stop: async () => {
      await Promise.all(numbers.map((n) => end(n, "SIGTERM")));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Until the servers have agreed who of them leads: before that JetStream answers nobody. */
async function hasLeader(ports: readonly number[]): Promise<void> {
  const nats = await connect({ servers: ports.map((port) => `127.0.0.1:${port}`) });
  await until(
    "a leader of JetStream",
    async () => {
      const jsm = await jetstreamManager(nats, { timeout: 1000, checkAPI: false });
      return jsm.getAccountInfo().catch(() => undefined);
    },
    currentMs,
  );
  await nats.close();
}
