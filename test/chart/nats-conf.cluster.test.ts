/** The chart's configuration of NATS in a real nats-server, with the operator's own answers: who gets in, and with what rights; next: admission.cluster.test.ts. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { answerCallouts } from "#operator/auth-callout.ts";
import { connectionCutter } from "#operator/connection-cutter.ts";
import { issuerFrom, xkeyFrom } from "#operator/nats-issuer.ts";
import { kernelPermissions, subjects } from "#protocol/subjects.ts";
import { makeLog } from "#service/log.ts";
import { render } from "#test/chart/render.ts";
import { freePort } from "#test/nats-server.ts";
import { root } from "#test/tree.ts";

const binary = process.env["SANDCELL_NATS_SERVER_PATH"] ?? join(homedir(), ".cache/sandcell/bin/nats-server-2.15.1");
const secret = "s0123456789abcdef0123456789abcdef";
const kernel = `k${"1".repeat(25)}`;
const account = "SANDCELL";
const log = makeLog("test", "silent");

let server: ChildProcess;
let folder: string;
let servers: string;
const open: NatsConnection[] = [];
const login = async (options: object) => {
  const connection = await connect({ servers, reconnect: false, timeout: 5_000, ...options });
  open.push(connection);
  return connection;
};
const user = (name: string, inboxPrefix = "_INBOX") => login({ user: name, pass: `s${name}`, inboxPrefix });
const agentOf = (token: string) => login({ token, inboxPrefix: `kernel.${kernel}.in` });
/** What the server says first against this connection. */
const refusalOf = async (connection: NatsConnection) => {
  for await (const status of connection.status()) if (status.type === "error") return status.error.message;
  return "nothing was refused";
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sandcell-nats-conf-"));
  const port = await freePort();
  servers = `127.0.0.1:${port}`;
  const config = render().find(({ kind }) => kind === "ConfigMap") as unknown as { data: Record<string, string> };
  const here = (config.data["nats.conf"] ?? "")
    .replace("store_dir: /data", `store_dir: "${join(folder, "data")}"`)
    .replace('"0.0.0.0:4222"', `"127.0.0.1:${port}"`)
    .replace('"0.0.0.0:8222"', `"127.0.0.1:${await freePort()}"`);
  for (const name of ["nats", "nats-issuer"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "nats/nats.conf"), here);
  const program = join(root, "operator/nats-issuer.ts");
  execFileSync(process.execPath, [program, join(folder, "nats-issuer/issuer.conf")], {
    env: { SANDCELL_NATS_ISSUER_SECRET: secret },
    stdio: "pipe",
  });
  const passwords = { GATEWAY_PASSWORD: "sgateway", OPERATOR_PASSWORD: "soperator", SYSTEM_PASSWORD: "soperator-system" };
  const env = { POD_NAME: "sandcell-nats-0", ...passwords };
  server = spawn(binary, ["--config", join(folder, "nats/nats.conf")], { stdio: "ignore", env });
  for (const giveUp = Date.now() + 10_000; ; )
    try {
      await user("gateway");
      break;
    } catch (error) {
      if (Date.now() > giveUp) throw error;
    }
});
afterAll(async () => {
  await Promise.all(open.map((connection) => connection.close()));
  server?.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

test("the gateway gets in by its password and may make streams", async () => {
  const jetstream = await jetstreamManager(await user("gateway"));
  await jetstream.streams.add({ name: "computations", subjects: ["computation.*"] });
  await expect(login({ user: "gateway", pass: "wrong" })).rejects.toThrow(/authorization/i);
});
test("the operator hears who lives and answers what it is asked, but starts nothing by itself", async () => {
  const operator = await user("operator");
  operator.subscribe(subjects.condemn("*"), { callback: (_, message) => void message.respond("destroyed") });
  await operator.flush();
  const gateway = await user("gateway");
  expect((await gateway.request(subjects.condemn("default"), kernel, { timeout: 5_000 })).string()).toBe("destroyed");
  const refused = refusalOf(operator);
  operator.publish(subjects.computation("c1"), "forged");
  expect(await refused).toContain('Publish to "computation.c1"');
});

describe("an agent", () => {
  beforeAll(async () => {
    const holderOf = async (token: string) => (token === "the pod's token" ? { kernel } : undefined);
    const nats = await user("operator");
    const keys = { issuer: issuerFrom(secret), xkey: xkeyFrom(secret) };
    answerCallouts({ nats, ...keys, account, holderOf, calledOut: () => {}, log });
    await nats.flush();
  });

  test("gets in by its pod's token and reaches its own kernel's subjects, no other", async () => {
    const gateway = await user("gateway");
    const heard = gateway.subscribe(subjects.kernelStatus(kernel), { max: 1 });
    await gateway.flush();
    const agent = await agentOf("the pod's token");
    const refused = refusalOf(agent);
    agent.publish(subjects.computation("c1"), "forged");
    agent.publish(kernelPermissions(kernel).publish.at(-1) ?? "", "idle");
    for await (const message of heard) expect(message.string()).toBe("idle");
    expect(await refused).toContain('Publish to "computation.c1"');
  });
  test("is refused with any other token", async () => {
    await expect(agentOf("another token")).rejects.toThrow(/authorization/i);
  });
  test("is cut off when its kernel is destroyed", async () => {
    const agent = await agentOf("the pod's token");
    await connectionCutter(await user("operator-system"), account)(kernel);
    await agent.closed();
  });
});
