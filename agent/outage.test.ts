/** Transcripts while nats-server is killed and comes back; next: memory-wall.test.ts. */
import { randomBytes } from "node:crypto";
import { computation, endOf, type TestAgent, textOf, until } from "#test/agent.ts";
import { agentRig } from "#test/agent-rig.ts";

const rig = agentRig();
const flood = (count: number, bytes: number) => [{ flood: { count, bytes } }];
const roomy = { outputBytes: 200 << 20, outputMessages: 100_000 };
/** The numbers at the beginnings of flooded messages. */
const floodNumbers = (text: string) => [...text.matchAll(/(\d+) x+/g)].map((m) => Number(m[1]));
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

/** Has the computation go on, and waits until it has heard so: what a killed server had not passed on yet is lost. */
const goOn = async (agent: TestAgent, id: string) => {
  await until("it waits", () => agent.statuses.at(-1)?.state === "busy");
  agent.control({ control: "input", computation: id, value: "" });
  await until("it goes on", async () => textOf(await agent.stored(id)) === "goes on");
};
const waiting = [{ await: "input" as const }, { say: "goes on" }, { sleepMs: 500 }];

describe("a transcript", () => {
  test("is whole and in order across a SIGKILL of nats-server in the middle of the output", async () => {
    const agent = await rig.start();
    const steps = upTo(40).flatMap((n) => [{ say: `${n} xx` }, { sleepMs: 10 }]);
    const asked = computation(steps);
    await agent.exec(asked);
    await until("some output", async () => (await agent.stored(asked.id)).length > 5);
    await rig.server.restart();
    const records = await agent.transcript(asked.id);
    expect(floodNumbers(textOf(records))).toEqual(upTo(40));
    expect(endOf(records)).toMatchObject({ kind: "ok", lastNumber: records.length - 1 });
  }, 30_000);
  test("is whole after an outage in which the computation ended, and the kernel is used again", async () => {
    const agent = await rig.start();
    const asked = computation([...waiting, ...upTo(50).map((n) => ({ say: `${n} xx` }))]);
    await agent.exec(asked);
    await goOn(agent, asked.id);
    await rig.server.kill();
    await new Promise((resolve) => setTimeout(resolve, 1_000)); // the outage: long enough for the end to fall into it
    await rig.server.start();
    const records = await agent.transcript(asked.id);
    expect(floodNumbers(textOf(records))).toEqual(upTo(50));
    await agent.ready();
    expect(textOf(await agent.run(computation("again")))).toBe("again");
  }, 30_000);
  test("of a flooding kernel in an outage holds the kernel up, not the agent's memory", async () => {
    const agent = await rig.start();
    await agent.run(computation(flood(200, 50_000), { limits: roomy }));
    await agent.ready();
    const asked = computation([...waiting, ...flood(800, 50_000)], { limits: roomy });
    await agent.exec(asked);
    await goOn(agent, asked.id);
    await rig.server.kill();
    const before = agent.memory();
    let most = 0;
    for (let n = 0; n < 30; n++) {
      await new Promise((resolve) => setTimeout(resolve, 50)); // watched for a while: 40 MB are on their way
      most = Math.max(most, agent.memory());
    }
    expect(most - before).toBeLessThan(25 << 20);
    await rig.server.start();
    const records = await agent.transcript(asked.id, 30_000);
    expect(floodNumbers(textOf(records))).toEqual(upTo(800));
  }, 60_000);
  test("keeps text of any kind as it was", async () => {
    const agent = await rig.start();
    const text = `${randomBytes(3000).toString("latin1")}\u{1f600}\ud800\0`;
    expect(textOf(await agent.run(computation([{ say: text }])))).toBe(text);
  });
});
