/** Agents that come to a real nats-server all at once, as after its restart, more than can be decided on in its time; next: pools.cluster.test.ts. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { NatsConnection } from "@nats-io/transport-node";
import { answerCallouts } from "#operator/auth-callout.ts";
import { newKernelId } from "#operator/kernel-id.ts";
import { subjects } from "#protocol/subjects.ts";
import { connectNats } from "#service/nats.ts";
import { account, keys, startCalloutServer } from "#test/callout-server.ts";

const agents = 200;
/** One after the other: six seconds for all of them, where nats-server waits five. */
const reviewMs = 30;
const comeMs = 60_000;

let rig: Awaited<ReturnType<typeof startCalloutServer>>;
let operator: NatsConnection;
let callouts: { stop: () => void };
const folder = mkdtempSync(join(tmpdir(), "sandcell-crowd-"));
const crowd: NatsConnection[] = [];
const reviewed: string[] = [];

beforeAll(async () => {
  rig = await startCalloutServer();
  operator = await rig.connectAs("operator");
  let queue = Promise.resolve();
  const slowly = () => {
    queue = queue.then(() => pause(reviewMs));
    return queue;
  };
  const holderOf = async (token: string) => {
    await slowly();
    reviewed.push(token);
    return { kernel: token };
  };
  callouts = answerCallouts({ nats: operator, ...keys, account, holderOf, calledOut: () => undefined, log: rig.log });
  await operator.flush();
});
afterAll(async () => {
  callouts.stop();
  await Promise.all([...crowd, operator].map((connection) => connection.close()));
  await rig.server.stop();
  rmSync(folder, { recursive: true, force: true });
}, 30_000);

test(
  "two hundred that come at once all get in, though some must come again, and few are reviewed in vain",
  async () => {
    const come = async () => {
      const kernel = newKernelId();
      const tokenFile = join(folder, kernel);
      writeFileSync(tokenFile, kernel);
      const agent = await connectNats({ url: rig.server.url, tokenFile, name: `agent ${kernel}`, log: rig.log });
      crowd.push(agent);
      agent.publish(subjects.kernelStatus(kernel), "idle");
      await agent.flush();
      return kernel;
    };
    const inside = await Promise.all(Array.from({ length: agents }, come));
    expect(new Set(reviewed)).toEqual(new Set(inside));
    expect(reviewed.length).toBeLessThan(1.5 * agents);
  },
  comeMs,
);
