/** What the core makes of a gateway, a kernel or a nats-server that dies; next: leaving.test.ts. */
import { subjects } from "#protocol/subjects.ts";
import { until } from "#test/agent.ts";
import { ask, coreRig, idle, texts, toTheEnd } from "#test/core-rig.ts";
import type { Step } from "#test/scripted-kernel.ts";

const rig = coreRig();

describe("the gateway's core, when something dies:", () => {
  test("a gateway that dies is adopted by the other: waiting and running computations get their one outcome", async () => {
    const [one, two] = [await rig.startGateway(), await rig.startGateway()];
    await rig.startAgent();
    await idle(one);
    await idle(two);
    const running = await one.core.computations.submit(ask([{ say: "begun" }, { sleepMs: 1500 }, { say: "over" }]));
    await until("begun", async () => (await two.core.computations.read(running.view.id, 0)).messages.length > 0);
    const waiting = await one.core.computations.submit(ask("waited"));
    await one.nats.close(); // from now on it is as silent as a killed process
    expect(texts(await toTheEnd(two, running.view.id))).toEqual(["begun", "over"]);
    const adopted = await toTheEnd(two, waiting.view.id);
    expect([texts(adopted), adopted.outcome?.kind]).toEqual([["waited"], "ok"]);
  }, 30_000);

  test.each([
    ["of which nobody hears any more", () => 11_000, () => undefined],
    [
      "of which its pool says so",
      () => 0,
      (kernel: string) => rig.nats.publish(subjects.destroyed("test"), JSON.stringify({ kernel })),
    ],
  ])(
    "a kernel that vanishes, %s, leaves the outcome lost, with the messages that the ledger has",
    async (_how, passes, say) => {
      let ahead = 0;
      const gateway = await rig.startGateway({}, () => Date.now() + ahead);
      const agent = await rig.startAgent();
      await idle(gateway);
      const { view } = await gateway.core.computations.submit(ask([{ say: "seen" }, { await: "cancel" }]));
      await until("the message", async () => (await gateway.core.computations.read(view.id, 0)).messages.length === 1);
      agent.process.kill("SIGKILL");
      await agent.exited;
      ahead = passes();
      say(agent.kernel);
      const messages = await toTheEnd(gateway, view.id);
      expect([texts(messages), messages.outcome?.kind]).toEqual([["seen"], "lost"]);
    },
  );

  test("nats-server killed in the middle of the output: the transcript has no gap and no repeat", async () => {
    const gateway = await rig.startGateway();
    await rig.startAgent();
    await idle(gateway);
    const lines: Step[] = Array.from({ length: 40 }, (_, n) => [{ say: `${n}\n` }, { sleepMs: 50 }] as Step[]).flat();
    const { view } = await gateway.core.computations.submit(ask(lines));
    await until("some output", async () => (await gateway.core.computations.read(view.id, 0)).messages.length > 3);
    await rig.server.restart();
    const messages = await toTheEnd(gateway, view.id);
    expect(texts(messages).join("")).toBe(Array.from({ length: 40 }, (_, n) => `${n}\n`).join(""));
    expect(messages.outcome?.kind).toBe("ok");
  }, 30_000);
});
