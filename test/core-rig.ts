/** For a test file: cores of gateways on a real nats-server and SQLite, with agents around scripted kernels; HTTP is not in the way. Next: agent.ts. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Database } from "#database/documents.ts";
import { openDatabase } from "#database/open.ts";
import { buildCore, type Core } from "#gateway/build.ts";
import type { Page, Submission } from "#gateway/core.ts";
import { gatewaySettings } from "#gateway/settings.ts";
import { condemnRequest } from "#protocol/exec.ts";
import { subjects } from "#protocol/subjects.ts";
import { makeLog } from "#service/log.ts";
import { connectNats } from "#service/nats.ts";
import { TestAgent, until } from "#test/agent.ts";
import { type NatsServer, startNatsServer } from "#test/nats-server.ts";
import type { Step } from "#test/scripted-kernel.ts";

const log = makeLog("test", "silent");
/** Several servers on a busy machine take their time to agree on who leads. */
const startMsMax = 120_000;
export const client = { id: "somebody" };
export const ask = (code: Step[] | string, more: Partial<Submission> = {}): Submission => ({
  client,
  code: typeof code === "string" ? code : JSON.stringify(code),
  language: "sage",
  expressions: {},
  allowInput: true,
  files: [],
  ...more,
});
export const texts = (messages: Page["messages"]) =>
  messages.filter((m) => m.msg_type === "stream").map((m) => m.content["text"]);

export type TestGateway = { core: Core; nats: NatsConnection; stop: () => Promise<void> };

/** Until so many kernels are idle, as this gateway sees it. */
export const idle = (gateway: TestGateway, count = 1) =>
  until("idle kernels", () => gateway.core.kernels.counts("test").idle === count);

/** All messages of a computation and its outcome, followed at this gateway. */
export const toTheEnd = async (gateway: TestGateway, id: string): Promise<Page["messages"] & { outcome?: Page["outcome"] }> => {
  const messages: Page["messages"] = [];
  for (const giveUp = Date.now() + 25_000; ; ) {
    const since = messages.at(-1)?.number ?? 0;
    const page = await gateway.core.computations.read(id, since);
    messages.push(...page.messages);
    if (page.complete) return Object.assign(messages, { outcome: page.outcome });
    if (Date.now() > giveUp) throw new Error(`no end of ${id}: ${JSON.stringify(page).slice(0, 300)}`);
    const waiting = { waitMs: 1000, signal: AbortSignal.timeout(5000), state: page.state };
    if (page.messages.length === 0) await gateway.core.computations.changed(id, since, waiting);
  }
};

export const run = async (gateway: TestGateway, code: Step[] | string, more: Partial<Submission> = {}) => {
  const { view } = await gateway.core.computations.submit(ask(code, more));
  return toTheEnd(gateway, view.id);
};

export type CoreRig<Server extends Pick<NatsServer, "url" | "stop"> = NatsServer> = {
  server: Server;
  /** May do everything. */
  nats: NatsConnection;
  /** `more`: settings. */
  startGateway: (more?: object, now?: () => number) => Promise<TestGateway>;
  /** Resolves when it is ready. */
  startAgent: (more?: Partial<ConstructorParameters<typeof TestAgent>[0]>) => Promise<TestAgent>;
};

/** To be called in a describe or at the top of a file; what was started is stopped after each test, and what was accepted forgotten. */
export const coreRig = (): CoreRig => coreRigOn(startNatsServer);

/** The same on whatever `start` gives. */
export function coreRigOn<Server extends Pick<NatsServer, "url" | "stop">>(start: () => Promise<Server>): CoreRig<Server> {
  const rig = {} as CoreRig<Server>;
  let database: Database;
  let folder: string;
  let agents: TestAgent[] = [];
  let gateways: TestGateway[] = [];

  rig.startGateway = async (more = {}, now = Date.now) => {
    const connection = await connectNats({ url: rig.server.url, name: "gateway", log });
    const settings = gatewaySettings.parse({
      natsUrl: rig.server.url,
      databaseUrl: "sqlite:unused",
      filestoreUrl: "http://127.0.0.1:9/",
      filestoreSecret: "x".repeat(43),
      identitySecret: "y".repeat(43),
      pool: "test",
      timeLimitSeconds: 20,
      ...more,
    });
    const core = await buildCore({ settings, nats: connection, database, log, now });
    const parts = await core.start();
    const gateway = {
      core,
      nats: connection,
      stop: async () => {
        for (const part of parts) await part.stop();
        await connection.close();
      },
    };
    gateways.push(gateway);
    return gateway;
  };
  rig.startAgent = async (more = {}) => {
    const agent = new TestAgent({ nats: rig.nats, url: rig.server.url, ...more });
    agents.push(agent);
    await agent.ready();
    return agent;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "sandcell-core-"));
    database = await openDatabase(`sqlite:${join(folder, "archive.sqlite")}`);
    rig.server = await start();
    rig.nats = await connectNats({ url: rig.server.url, name: "test", log });
    // Whoever is asked to destroy a kernel: here the test, which owns the agents.
    rig.nats.subscribe(subjects.condemn("test"), {
      callback: (_error, message) => {
        const { kernel } = condemnRequest.parse(message.json());
        const agent = agents.find((a) => a.kernel === kernel);
        agent?.process.kill("SIGKILL");
        void (agent?.exited ?? Promise.resolve()).then(() => message.respond(JSON.stringify({ kernel, destroyed: true })));
      },
    });
  }, startMsMax);
  afterEach(async () => {
    for (const gateway of gateways) await gateway.stop();
    for (const agent of agents) await agent.stop();
    gateways = [];
    agents = [];
    // Else the next test's gateways take over what this one left open, if that test takes long enough.
    const jsm = await jetstreamManager(rig.nats);
    for await (const { config } of jsm.streams.list()) await jsm.streams.purge(config.name);
  });
  afterAll(async () => {
    await rig.nats.close();
    await rig.server.stop();
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return rig;
}
