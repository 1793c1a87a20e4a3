/** The core on the real thing: nats-server, agents as processes around scripted kernels, SQLite; next: core-deaths.test.ts. */

import { lastToken, subjects } from "#protocol/subjects.ts";
import { until } from "#test/agent.ts";
import { ask, client, coreRig, idle, run, texts, toTheEnd } from "#test/core-rig.ts";
import type { Step } from "#test/scripted-kernel.ts";

const rig = coreRig();

describe("the gateway's core", () => {
  test("a computation's transcript is numbered from 1 without gaps, and its outcome follows", async () => {
    const gateway = await rig.startGateway();
    await rig.startAgent();
    await idle(gateway);
    const messages = await run(gateway, [{ say: "a" }, { say: "b", name: "stderr" }, { say: "c" }]);
    expect(messages.map((m) => m.number)).toEqual(messages.map((_, index) => index + 1));
    expect(texts(messages).join("")).toBe("abc");
    expect(messages.at(-1)?.msg_type).toBe("execute_reply");
    expect(messages.outcome).toMatchObject({ kind: "ok", lastNumber: messages.length });
  });

  test("what comes when no kernel is idle waits in line, and runs when one becomes free", async () => {
    const gateway = await rig.startGateway();
    const { view } = await gateway.core.computations.submit(ask("later"));
    expect(view).toMatchObject({ state: "queued", position: 1 });
    await rig.startAgent();
    expect(texts(await toTheEnd(gateway, view.id))).toEqual(["later"]);
  });

  test("a queue that is full refuses at once and records nothing", async () => {
    const gateway = await rig.startGateway({ queueMax: 1 });
    await gateway.core.computations.submit(ask("first"));
    const before = gateway.core.book.size;
    await expect(gateway.core.computations.submit(ask("second", { client: { id: "other" } }))).rejects.toMatchObject({
      code: "full",
      retryAfterSeconds: expect.any(Number),
    });
    expect(gateway.core.book.size).toBe(before);
    await rig.startAgent();
    await until("empty line", () => gateway.core.queue.size === 0);
  });

  test("of many that come at once a queue takes what it has places for", async () => {
    const gateway = await rig.startGateway({ queueMax: 3 });
    const submit = (n: number) => gateway.core.computations.submit(ask(`${n}`, { client: { id: `c${n}` } }));
    const answers = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => submit(n)));
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    await rig.startAgent();
    await until("empty line", () => gateway.core.queue.size === 0 && gateway.core.dispatch.running === 0);
    await expect(submit(21)).resolves.toMatchObject({ repeated: false });
  });

  test("a session's computation goes to its kernel, however full the line of the others is", async () => {
    const gateway = await rig.startGateway({ queueMax: 1 });
    await rig.startAgent();
    await idle(gateway);
    const { id } = await gateway.core.sessions.open(client);
    await run(gateway, "first", { sessionId: id });
    await gateway.core.computations.submit(ask("waits", { client: { id: "other" } }));
    expect(gateway.core.computations.full()).toBeDefined();
    expect(texts(await run(gateway, "second", { sessionId: id }))).toEqual(["second"]);
  });

  test("one client has no more than its share, and gets it back when its computations are over", async () => {
    const gateway = await rig.startGateway({ perClientMax: 1 });
    await rig.startAgent();
    await idle(gateway);
    const { view } = await gateway.core.computations.submit(ask([{ await: "cancel" }]));
    await expect(gateway.core.computations.submit(ask("more"))).rejects.toMatchObject({ code: "tooMany" });
    await gateway.core.computations.cancel(view.id);
    await toTheEnd(gateway, view.id);
    await until("the share back", () => gateway.core.dispatch.running === 0);
    expect((await run(gateway, "again")).outcome?.kind).toBe("ok");
  });

  test("what waits longer than the longest wait is rejected", async () => {
    const gateway = await rig.startGateway({ waitSecondsMax: 0.3 });
    const messages = await run(gateway, "never");
    expect(messages.outcome).toMatchObject({ kind: "rejected", lastNumber: 0 });
  });

  test("cancelled while it waits, it never runs", async () => {
    const gateway = await rig.startGateway();
    const { view } = await gateway.core.computations.submit(ask("never"));
    await gateway.core.computations.cancel(view.id);
    expect((await toTheEnd(gateway, view.id)).outcome?.kind).toBe("cancelled");
    await expect(gateway.core.computations.cancel(view.id)).rejects.toMatchObject({ code: "alreadyFinished" });
    expect(gateway.core.queue.size).toBe(0);
  });

  test("the same Idempotency-Key is the same computation, at either of two gateways, and another body under it is refused", async () => {
    const [one, two] = [await rig.startGateway(), await rig.startGateway()];
    await rig.startAgent();
    await idle(one);
    const keyed = ask("once", { idempotencyKey: "k1" });
    const [first, second] = await Promise.all([one.core.computations.submit(keyed), two.core.computations.submit(keyed)]);
    expect(first.view.id).toBe(second.view.id);
    expect([first.repeated, second.repeated].sort()).toEqual([false, true]);
    await expect(two.core.computations.submit({ ...keyed, code: "other" })).rejects.toMatchObject({ code: "keyReused" });
    expect(texts(await toTheEnd(two, first.view.id))).toEqual(["once"]);
  });

  test("input answers the request that waits for it, and nothing else", async () => {
    const gateway = await rig.startGateway();
    await rig.startAgent();
    await idle(gateway);
    const asks: Step[] = [
      { message: { msg_type: "input_request", content: { prompt: "name?", password: false } } },
      { await: "input" },
      { await: "cancel" },
    ];
    const { view } = await gateway.core.computations.submit(ask(asks));
    await until("the question", async () => (await gateway.core.computations.read(view.id, 0)).messages.length === 1);
    await gateway.core.computations.input(view.id, "Ada");
    await until("the answer", async () => texts((await gateway.core.computations.read(view.id, 0)).messages)[0] === "Ada");
    await gateway.core.computations.cancel(view.id);
    await toTheEnd(gateway, view.id);
    await expect(gateway.core.computations.input(view.id, "x")).rejects.toMatchObject({ code: "alreadyFinished" });
  });

  test("a session's computations run in order at one kernel, which is no one else's", async () => {
    const gateway = await rig.startGateway();
    await rig.startAgent();
    await idle(gateway);
    const { id } = await gateway.core.sessions.open(client);
    const first = await gateway.core.computations.submit(
      ask([{ say: "1" }, { sleepMs: 300 }, { say: "2" }], { sessionId: id }),
    );
    const second = await gateway.core.computations.submit(ask("3", { sessionId: id }));
    expect(texts(await toTheEnd(gateway, second.view.id))).toEqual(["3"]);
    expect((await gateway.core.computations.view(first.view.id)).state).toBe("finished");
    expect(gateway.core.kernels.counts("test")).toMatchObject({ idle: 0, sessions: 1 });
    await gateway.core.sessions.close(id);
    await expect(gateway.core.computations.submit(ask("4", { sessionId: id }))).rejects.toMatchObject({
      code: "sessionClosed",
    });
  });

  test("a new session's computations run in the order in which they were accepted, whichever gateway took each", async () => {
    const gateways = [await rig.startGateway(), await rig.startGateway()] as const;
    const [{ core }] = gateways;
    const { kernel } = await rig.startAgent();
    await idle(gateways[0]);
    // What the kernel says, in its own order: gateways hear of an outcome sooner or later.
    const ran = new Set<string>();
    rig.nats.subscribe(subjects.out(kernel, "*"), { callback: (_error, { subject }) => void ran.add(lastToken(subject)) });
    const busy = await core.computations.submit(ask([{ await: "cancel" }]));
    const { id } = await core.sessions.open(client);
    const ids: string[] = [];
    for (let n = 0; n < 6; n++) {
      const taken = gateways[n % 2 === 0 ? 1 : 0].core.computations.submit(ask([{ sleepMs: 50 }], { sessionId: id }));
      ids.push((await taken).view.id);
    }
    await core.computations.cancel(busy.view.id);
    await Promise.all(ids.map((one) => toTheEnd(gateways[0], one)));
    expect([...ran]).toEqual([busy.view.id, ...ids]);
  });

  test("a session that is closed takes what waits for a kernel with it, however long the line is", async () => {
    const gateway = await rig.startGateway();
    await rig.startAgent();
    await idle(gateway);
    const { computations, sessions } = gateway.core;
    const busy = await computations.submit(ask([{ await: "cancel" }]));
    const { id } = await sessions.open(client);
    const waiting = [
      await computations.submit(ask("a", { sessionId: id })),
      await computations.submit(ask("b", { sessionId: id })),
    ];
    await sessions.close(id);
    for (const { view } of waiting) expect((await toTheEnd(gateway, view.id)).outcome?.kind).toBe("rejected");
    expect((await computations.view(busy.view.id)).state).toBe("running");
  });

  test("two computations that come together for a new session both run, at the one kernel that it gets", async () => {
    const gateway = await rig.startGateway();
    await rig.startAgent();
    await idle(gateway);
    const { id } = await gateway.core.sessions.open(client);
    const submit = (code: string) => gateway.core.computations.submit(ask(code, { sessionId: id }));
    const both = await Promise.all([submit("a"), submit("b")]);
    const said = await Promise.all(both.map(async ({ view }) => texts(await toTheEnd(gateway, view.id)).join("")));
    expect(said).toEqual(["a", "b"]);
  });

  test("who follows a session at another gateway hears at once that it is closed", async () => {
    const [one, other] = [await rig.startGateway(), await rig.startGateway()];
    const { id } = await one.core.sessions.open(client);
    const followed = other.core.sessions.changed(id, 0, { waitMs: 60_000, signal: AbortSignal.timeout(60_000) });
    await one.core.sessions.close(id);
    await followed;
    expect(await other.core.sessions.read(id, 0)).toEqual({ messages: [], state: "closed" });
  });

  test("a session is replaced by one session at a time, and its old id leads to the present one", async () => {
    const { sessions } = (await rig.startGateway()).core;
    const { id } = await sessions.open(client);
    const both = await Promise.all([sessions.replace(id, client), sessions.replace(id, client)]);
    expect(new Set(both.map((one) => one.id)).size).toBe(1);
    const last = await sessions.replace(id, client);
    expect(await sessions.state(id)).toMatchObject({ state: "closed", successor: last.id });
    expect([(await sessions.state(both[0].id)).state, (await sessions.state(last.id)).state]).toEqual(["closed", "open"]);
  });

  test("a finished computation is read from the archive when the ledger has let it go", async () => {
    const gateway = await rig.startGateway();
    await rig.startAgent();
    await idle(gateway);
    const { view } = await gateway.core.computations.submit(ask("kept"));
    const messages = await toTheEnd(gateway, view.id);
    await until("archived", () => gateway.core.archiver.waiting === 0 && gateway.core.dispatch.running === 0);
    let ahead = 10 * 60_000;
    const later = await rig.startGateway({}, () => Date.now() + ahead);
    await later.core.archiver.pass();
    ahead *= 2;
    await later.core.archiver.pass();
    await until("removed from the ledger", async () => (await later.core.book.find(view.id)) === undefined);
    expect([...(await toTheEnd(later, view.id))]).toEqual([...messages]);
  });
});
