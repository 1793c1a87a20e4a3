/** For a test file: a nats-server with the ledger's streams, and agents that are stopped after each test; next: agent.ts. */
import type { NatsConnection } from "@nats-io/transport-node";
import { Ledger } from "#service/ledger.ts";
import { makeLog } from "#service/log.ts";
import { connectNats } from "#service/nats.ts";
import { TestAgent, type TestAgentOptions } from "#test/agent.ts";
import { type NatsServer, type NatsUser, startNatsServer } from "#test/nats-server.ts";

export type AgentRig = {
  server: NatsServer;
  /** May do everything. */
  nats: NatsConnection;
  /** Starts an agent; resolves when it is ready, unless told not to wait. */
  start: (more?: Partial<TestAgentOptions>, ready?: boolean) => Promise<TestAgent>;
};

/** To be called in a describe or at the top of a file. `users`: with it the first may do everything. */
export function agentRig(users?: NatsUser[]): AgentRig {
  let started: TestAgent[] = [];
  const rig = {} as AgentRig;
  rig.start = async (more = {}, ready = true) => {
    const agent = new TestAgent({ nats: rig.nats, url: rig.server.url, ...more });
    started.push(agent);
    if (ready) await agent.ready();
    return agent;
  };
  beforeAll(async () => {
    rig.server = await startNatsServer(users ? { users } : {});
    const url = users?.[0] ? rig.server.urlFor(users[0].user) : rig.server.url;
    rig.nats = await connectNats({ url, name: "test", log: makeLog("test", "silent") });
    await Ledger.open(rig.nats, { replicas: 1, computationsBytesMax: 64 << 20, transcriptsBytesMax: 256 << 20 });
  });
  afterEach(async () => {
    await Promise.all(started.map((agent) => agent.stop()));
    started = [];
  });
  afterAll(async () => {
    await rig.nats.close();
    await rig.server.stop();
  });
  return rig;
}
