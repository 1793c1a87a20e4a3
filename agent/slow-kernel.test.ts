/** Kernels that let time pass until nobody waits for them any longer: a file of their own, because nothing else is to be done meanwhile; next: files.test.ts. */
import { agentExit } from "#protocol/agent-exit.ts";
import { computation, endOf } from "#test/agent.ts";
import { agentRig } from "#test/agent-rig.ts";

const rig = agentRig();

describe("a kernel", () => {
  test("that does not keep the time limit is destroyed from outside, and the end says timeout", async () => {
    const agent = await rig.start();
    const records = await agent.run(computation([{ say: "x" }, { await: "request" }], { limits: { wallMs: 100 } }));
    expect(endOf(records)).toMatchObject({ kind: "timeout", lastNumber: 1 });
    expect(await agent.exited).toBe(1);
  });
  test("that does not cancel is destroyed, and the end says cancelled", async () => {
    const agent = await rig.start();
    const asked = computation([{ await: "request" }], { limits: { wallMs: 60_000 } });
    await agent.exec(asked);
    agent.control({ control: "cancel", computation: asked.id });
    expect(endOf(await agent.transcript(asked.id, 20_000)).kind).toBe("cancelled");
    expect(await agent.exited).toBe(1);
  });
  test("that falls silent takes its agent with it", async () => {
    const agent = await rig.start({ kernelFlags: ["--tired"] });
    expect(await agent.exited).toBe(agentExit.unfit);
  });
});
