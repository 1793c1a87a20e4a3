/** The chart's configuration of NATS in a real nats-server: who gets in, and who is asked about; next: admission.cluster.test.ts. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { Algorithms, decode, encodeAuthorizationResponse, encodeUser } from "@nats-io/jwt";
import { fromPublic } from "@nats-io/nkeys";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { issuerKey, issuerLine } from "#operator/nats-issuer.ts";
import { kernelPermissions } from "#protocol/subjects.ts";
import { render } from "#test/chart/render.ts";
import { freePort } from "#test/nats-server.ts";

const binary = process.env["SANDCELL_NATS_SERVER_PATH"] ?? join(homedir(), ".cache/sandcell/bin/nats-server-2.15.1");
const secret = "s0123456789abcdef0123456789abcdef";
const kernel = `k${"1".repeat(25)}`;

let server: ChildProcess;
let folder: string;
let servers: string;
const open: NatsConnection[] = [];
const login = async (options: object) => {
  const connection = await connect({ servers, reconnect: false, timeout: 5_000, ...options });
  open.push(connection);
  return connection;
};
const reaches = (port: number) =>
  connect({ servers: `127.0.0.1:${port}`, user: "gateway", pass: "sgateway", reconnect: false }).then(
    (connection) => connection.close().then(() => true),
    () => false,
  );

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
  writeFileSync(join(folder, "nats-issuer/issuer.conf"), issuerLine(secret));
  const env = { POD_NAME: "sandcell-nats-0", GATEWAY_PASSWORD: "sgateway", OPERATOR_PASSWORD: "soperator" };
  server = spawn(binary, ["--config", join(folder, "nats/nats.conf")], { stdio: "ignore", env });
  for (const giveUp = Date.now() + 10_000; !(await reaches(port)); )
    if (Date.now() > giveUp) throw new Error("nats-server does not let the gateway in");
});
afterAll(async () => {
  await Promise.all(open.map((connection) => connection.close()));
  server?.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

test("the gateway gets in by its password and may make streams", async () => {
  const jetstream = await jetstreamManager(await login({ user: "gateway", pass: "sgateway" }));
  await jetstream.streams.add({ name: "computations", subjects: ["computation.*"] });
  await expect(login({ user: "gateway", pass: "wrong" })).rejects.toThrow(/authorization/i);
});
test("whoever shows a token is asked about, and gets what the operator's answer says", async () => {
  const operator = await login({ user: "operator", pass: "soperator" });
  const issuer = issuerKey(secret);
  const asked: unknown[] = [];
  const questions = operator.subscribe("$SYS.REQ.USER.AUTH", { max: 1 });
  const answered = (async () => {
    for await (const message of questions) {
      const { nats } = decode(message.string()) as unknown as { nats: AuthRequest };
      asked.push(nats.connect_opts.auth_token);
      const { publish, subscribe } = kernelPermissions(kernel);
      const rights = { pub: { allow: publish, deny: [] }, sub: { allow: subscribe, deny: [] } };
      const user = fromPublic(nats.user_nkey);
      const jwt = await encodeUser(kernel, user, issuer, rights, { algorithm: Algorithms.v2, aud: "SANDCELL" });
      message.respond(await encodeAuthorizationResponse(user, fromPublic(nats.server_id.id), issuer, { jwt }, {}));
    }
  })();
  await operator.flush();
  const agent = await login({ token: "the pod's token", inboxPrefix: `kernel.${kernel}.in` });
  await answered;
  expect(asked).toEqual(["the pod's token"]);
  const refused = (async () => {
    for await (const status of agent.status()) if (status.type === "error") return status.error.message;
    return "nothing was refused";
  })();
  const heard = operator.subscribe(`kernel.${kernel}.status`, { max: 1 });
  await operator.flush();
  agent.publish("computation.c1", "forged");
  agent.publish(`kernel.${kernel}.status`, "idle");
  for await (const message of heard) expect(message.string()).toBe("idle");
  expect(await refused).toContain('Publish to "computation.c1"');
});

type AuthRequest = { user_nkey: string; server_id: { id: string }; connect_opts: { auth_token?: string } };
