/** Who may speak at a real nats-server, as the callout decides; next: pools.cluster.test.ts (the same with real tokens). */
import { createCurve } from "@nats-io/nkeys";
import { connect, type Msg, type NatsConnection, tokenAuthenticator } from "@nats-io/transport-node";
import { answerCallouts } from "#operator/auth-callout.ts";
import { connectionCutter } from "#operator/connection-cutter.ts";
import { newKernelId } from "#operator/kernel-id.ts";
import { subjects } from "#protocol/subjects.ts";
import { account, keys, startCalloutServer } from "#test/callout-server.ts";

type Rig = Awaited<ReturnType<typeof startCalloutServer>>;
let rig: Rig;
let operator: NatsConnection;
let gateway: NatsConnection;
let callouts: { stop: () => void };
const answers: string[] = [];
const holders = new Map<string, string>();
let reviewing = true;

beforeAll(async () => {
  rig = await startCalloutServer();
  operator = await rig.connectAs("operator");
  gateway = await rig.connectAs("gateway");
  const holderOf = async (token: string) => {
    if (!reviewing) throw new Error("the API server is away");
    const kernel = holders.get(token);
    return kernel === undefined ? undefined : { kernel };
  };
  const calledOut = (answer: string) => void answers.push(answer);
  callouts = answerCallouts({ nats: operator, ...keys, account, holderOf, calledOut, log: rig.log });
  await operator.flush();
});
afterAll(async () => {
  callouts.stop();
  await Promise.all([operator.close(), gateway.close()]);
  await rig.server.stop();
});

const newHolder = () => {
  const kernel = newKernelId();
  holders.set(`token of ${kernel}`, kernel);
  return { kernel, token: `token of ${kernel}` };
};
const connectWith = (token: string) =>
  connect({ servers: rig.server.url, authenticator: tokenAuthenticator(token), reconnect: false, maxReconnectAttempts: 0 });
const nextTo = async (nats: NatsConnection, subject: string, act: () => Promise<void>) => {
  const subscription = nats.subscribe(subject, { max: 1, timeout: 5000 });
  await nats.flush();
  await act();
  for await (const message of subscription) return message.string();
  return undefined;
};

test("a kernel's agent speaks under its own names and hears what it is told", async () => {
  const { kernel, token } = newHolder();
  const agent = await connectWith(token);
  const say = async () => void agent.publish(subjects.kernelStatus(kernel), "well");
  expect(await nextTo(gateway, subjects.kernelStatus(kernel), say)).toBe("well");
  const tell = async () => void gateway.publish(subjects.control(kernel), "leave");
  expect(await nextTo(agent, subjects.control(kernel), tell)).toBe("leave");
  await agent.close();
});
test("it has exactly its own subjects: no other kernel's, no record, no inbox, no JetStream, no callout", async () => {
  const { kernel, token } = newHolder();
  const other = newKernelId();
  const agent = await connectWith(token);
  const refusals: string[] = [];
  const note = (async () => {
    for await (const status of agent.status()) if (status.type === "error") refusals.push(status.error.message);
  })();
  const heard: string[] = [];
  const all = gateway.subscribe(">", { callback: (_, message) => void heard.push(message.subject) });
  await gateway.flush();
  const lies = [subjects.kernelStatus(other), subjects.computation("c1"), "$JS.API.STREAM.LIST", subjects.condemn("default")];
  for (const subject of lies) agent.publish(subject, "lie");
  for (const subject of [subjects.exec(other), "_INBOX.>", "$SYS.REQ.USER.AUTH", ">"])
    agent.subscribe(subject, { callback: () => undefined });
  agent.publish(subjects.kernelStatus(kernel), "truth");
  await agent.flush();
  await gateway.flush();
  all.unsubscribe();
  expect(heard.filter((subject) => !subject.startsWith("_INBOX"))).toEqual([subjects.kernelStatus(kernel)]);
  await agent.close();
  await note;
  expect(refusals).toHaveLength(8);
});
test("who listens at NATS reads no token: what the server asks is sealed, and opened by the operator's key alone", async () => {
  const { token } = newHolder();
  const overheard: Msg[] = [];
  const listener = gateway.subscribe("$SYS.REQ.USER.AUTH", { callback: (_, message) => void overheard.push(message) });
  await gateway.flush();
  await (await connectWith(token)).close();
  await gateway.flush();
  listener.unsubscribe();
  const [asked] = overheard;
  if (!asked) throw new Error("nothing was overheard");
  const encoded = Buffer.from(token).toString("base64url").slice(1, -4);
  expect(asked.string()).not.toContain(encoded);
  const server = asked.headers?.get("Nats-Server-Xkey") ?? "";
  expect(createCurve().open(asked.data, server)).toBeNull();
  const opened = new TextDecoder().decode(keys.xkey.open(asked.data, server) ?? new Uint8Array());
  expect(Buffer.from(opened.split(".")[1] ?? "", "base64url").toString()).toContain(token);
});
test("nobody without a token that is reviewed well gets in, nor does a service's name help", async () => {
  const before = answers.length;
  await expect(connectWith("a stranger's")).rejects.toThrow(/Authorization/i);
  await expect(connect({ servers: rig.server.url, reconnect: false })).rejects.toThrow(/Authorization/i);
  await expect(connect({ servers: rig.server.url, user: "gateway", pass: "wrong", reconnect: false })).rejects.toThrow(
    /Authorization/i,
  );
  expect(new Set(answers.slice(before))).toEqual(new Set(["refused"]));
});
test("while nobody can review tokens nobody gets in", async () => {
  const { token } = newHolder();
  reviewing = false;
  await expect(connectWith(token)).rejects.toThrow(/Authorization/i);
  reviewing = true;
  expect(answers.at(-1)).toBe("failed");
  await (await connectWith(token)).close();
});
test("the connections of a destroyed kernel are ended, and nobody else's", async () => {
  const [one, other] = [newHolder(), newHolder()];
  const [first, second, innocent] = [
    await connectWith(one.token),
    await connectWith(one.token),
    await connectWith(other.token),
  ];
  holders.delete(one.token);
  const system = await rig.connectAs("operator-system");
  await connectionCutter(system, account)(one.kernel);
  await Promise.all([first.closed(), second.closed()]);
  await innocent.flush();
  expect(innocent.isClosed()).toBe(false);
  await Promise.all([innocent.close(), system.close()]);
});
