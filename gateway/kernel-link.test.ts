/** What a gateway says to a kernel across an outage of NATS, to a real agent by the real server; next: leaving.test.ts. */
import { KernelLink } from "#gateway/kernel-link.ts";
import { subjects } from "#protocol/subjects.ts";
import { makeLog } from "#service/log.ts";
import { connectNats } from "#service/nats.ts";
import { computation, newId, until } from "#test/agent.ts";
import { agentRig } from "#test/agent-rig.ts";

const rig = agentRig();
const lastsMs = 20_000;
const offerOf = (code: string, gateway: string) => ({
  computation: computation(code),
  gateway,
  notAfter: Date.now() + lastsMs,
  grant: { url: "http://127.0.0.1:9/", token: "none" },
});

test("what only one kernel can take, or answer, waits until that is back from an outage later than its gateway", async () => {
  const gateway = newId("g");
  const link = new KernelLink(rig.nats, gateway);
  const following = link.follow();
  const agent = await rig.start();
  agent.process.kill("SIGSTOP");
  await rig.server.restart();
  await until("NATS", () =>
    rig.nats.flush().then(
      () => true,
      () => false,
    ),
  );
  const offer = (code: string, onlyThere: boolean) => link.exec(agent.kernel, offerOf(code, gateway), { onlyThere });
  expect(await offer("of nobody in particular", false)).toEqual({ answer: "nobody" });
  const answer = offer("of a session", true);
  const said = link.request(agent.kernel, { session: newId("s"), msg_type: "complete_request", content: { code: "pl" } }, 1000);
  agent.process.kill("SIGCONT");
  expect(await answer).toMatchObject({ answer: "accepted" });
  // It is another's session: that is told by the kernel, not by its absence.
  expect(await said).toMatchObject({ content: { status: "error" } });
  following.stop();
});

test("an offer that an outage swallowed is made again until its kernel, which is back later, has taken it", async () => {
  const gateway = newId("g");
  const link = new KernelLink(rig.nats, gateway);
  const following = link.follow();
  const agent = await rig.start();
  let offers = 0;
  const publish = rig.nats.publish.bind(rig.nats);
  rig.nats.publish = (subject, ...more) => {
    if (subject === subjects.exec(agent.kernel)) offers++;
    publish(subject, ...more);
  };
  try {
    agent.process.kill("SIGSTOP");
    await rig.server.kill();
    const answer = link.exec(agent.kernel, offerOf("x", gateway));
    await rig.server.start();
    // One was lost, one found nobody, and then it was said again.
    await until("a third offer", () => offers >= 3);
    agent.process.kill("SIGCONT");
    expect(await answer).toMatchObject({ answer: "accepted" });
  } finally {
    rig.nats.publish = publish;
    following.stop();
  }
});

test("an offer over a connection that is closed is silence at once", async () => {
  const nats = await connectNats({ url: rig.server.url, name: "closed", log: makeLog("test", "silent") });
  const gateway = newId("g");
  const link = new KernelLink(nats, gateway);
  await nats.close();
  const offer = link.exec(newId("k"), offerOf("x", gateway));
  const soon = new Promise((resolve) => void setImmediate(resolve, "no answer"));
  expect(await Promise.race([offer, soon])).toEqual({ answer: "silence" });
});
