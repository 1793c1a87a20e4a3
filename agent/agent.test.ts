/** An agent with a scripted kernel and the real nats-server; next: hostile-kernel.test.ts. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { SideReply } from "#protocol/exec.ts";
import { subjects } from "#protocol/subjects.ts";
import { computation, endOf, newId, textOf, until } from "#test/agent.ts";
import { agentRig } from "#test/agent-rig.ts";
import { temporaryFolders } from "#test/folders.ts";

const rig = agentRig();
const folder = temporaryFolders();

describe("an agent", () => {
  test("runs computations one after another, each with its transcript and one end", async () => {
    const agent = await rig.start();
    for (const text of ["one", "two", "three"]) {
      const asked = computation(text);
      const records = await agent.run(asked);
      expect(textOf(records)).toBe(text);
      expect(records.map((r) => r.number)).toEqual([1, 2, 3]);
      expect(endOf(records)).toMatchObject({ kind: "ok", lastNumber: 2, files: [], sessionClosed: false });
      // Its end is heard before the agent has made room.
      await agent.ready();
    }
    expect((await agent.ready()).served).toBe(3);
  });
  test("makes its warm file when its kernel is warm, and not before", async () => {
    const warmFile = join(folder(), "warm");
    const cold = await rig.start({ kernelFlags: ["--late"], settings: { warmFile, kernelStartSeconds: 0.5 } }, false);
    await cold.exited;
    expect(existsSync(warmFile)).toBe(false);
    await rig.start({ settings: { warmFile } });
    await until("the file", () => existsSync(warmFile));
  });
  test("counts its statuses up, and says busy and idle as they come", async () => {
    const agent = await rig.start();
    const reply = await agent.exec(computation([{ sleepMs: 100 }]));
    expect(reply).toMatchObject({ answer: "accepted" });
    await until("busy and idle", () => agent.statuses.at(-1)?.served === 1);
    const sequences = agent.statuses.map((s) => s.sequence);
    expect(sequences).toEqual(sequences.map((_, n) => n + 1));
    expect(agent.statuses.map((s) => s.state)).toEqual(expect.arrayContaining(["idle", "busy"]));
    const busy = agent.statuses.find((s) => s.state === "busy");
    expect(busy).toMatchObject({ freeSlots: 0 });
    expect(reply.answer === "accepted" && busy && reply.sequence < busy.sequence).toBe(true);
  });
  test("takes one computation at a time and answers busy to others", async () => {
    const agent = await rig.start();
    const first = computation([{ await: "cancel" }, { done: { kind: "cancelled" } }]);
    expect((await agent.exec(first)).answer).toBe("accepted");
    expect((await agent.exec(computation("x"))).answer).toBe("busy");
    agent.control({ control: "cancel", computation: first.id });
    expect(endOf(await agent.transcript(first.id)).kind).toBe("cancelled");
    await agent.ready();
    expect((await agent.exec(computation("x"))).answer).toBe("accepted");
  });
  test("passes a second cancel on, by which the kernel waits no longer, and no third one", async () => {
    const agent = await rig.start();
    const stubborn = computation([
      { await: "cancel" },
      { say: "caught" },
      { await: "cancel" },
      { done: { kind: "cancelled" } },
    ]);
    await agent.exec(stubborn);
    for (let n = 0; n < 3; n++) agent.control({ control: "cancel", computation: stubborn.id });
    expect(endOf(await agent.transcript(stubborn.id)).kind).toBe("cancelled");
    await agent.ready();
    const next = computation([{ say: "next" }]);
    await agent.exec(next);
    expect(endOf(await agent.transcript(next.id)).kind).toBe("ok");
  });
  test("runs a computation once, however often it is asked to", async () => {
    const agent = await rig.start();
    const asked = computation([{ say: "ran" }, { sleepMs: 100 }]);
    const replies = await Promise.all([agent.exec(asked), agent.exec(asked), agent.exec(asked)]);
    expect(replies.map((r) => r.answer)).toEqual(["accepted", "accepted", "accepted"]);
    await agent.transcript(asked.id);
    await agent.ready();
    expect((await agent.exec(asked)).answer).toBe("accepted");
    await agent.run(computation("after"));
    expect(textOf(await agent.stored(asked.id))).toBe("ran");
  });
  test("refuses what comes after its not-after", async () => {
    const agent = await rig.start();
    expect((await agent.exec(computation("x"), { notAfter: Date.now() - 1 })).answer).toBe("refused");
    expect((await agent.exec(computation("x"))).answer).toBe("accepted");
  });
  test("passes input and interrupt on to the running computation only", async () => {
    const agent = await rig.start();
    const asked = computation([{ await: "input" }, { await: "interrupt" }, { say: "!" }]);
    await agent.exec(asked);
    agent.control({ control: "input", computation: newId("c"), value: "wrong" });
    agent.control({ control: "input", computation: asked.id, value: "right" });
    await until("the input", async () => textOf(await agent.stored(asked.id)) === "right");
    agent.control({ control: "interrupt", computation: asked.id });
    expect(textOf(await agent.transcript(asked.id))).toBe("right!");
  });
  test("leaves when it is told to: finishes, takes no more, exits with 0", async () => {
    const agent = await rig.start();
    const asked = computation([{ await: "input" }]);
    await agent.exec(asked);
    agent.control({ control: "leave" });
    await until("leaving", () => agent.statuses.at(-1)?.state === "leaving");
    expect((await agent.exec(computation("x"))).answer).toBe("busy");
    agent.control({ control: "input", computation: asked.id, value: "last words" });
    expect(await agent.exited).toBe(0);
    expect(textOf(await agent.transcript(asked.id))).toBe("last words");
  });
  test("leaves at once on SIGTERM when it is idle", async () => {
    const agent = await rig.start();
    agent.process.kill("SIGTERM");
    expect(await agent.exited).toBe(0);
    expect(agent.statuses.at(-1)?.state).toBe("leaving");
  });
  test("goes with its parent, and its kernel with it", async () => {
    const agent = await rig.start();
    const children = readFileSync(`/proc/${agent.process.pid}/task/${agent.process.pid}/children`, "utf8").trim().split(" ");
    agent.process.stdin?.end();
    expect(await agent.exited).toBe(1);
    await until("the kernel's end", () => children.every((pid) => !alive(Number(pid))));
  });
  test("leaves after so many computations, so that it is replaced", async () => {
    const agent = await rig.start({ settings: { computationsMax: 2 } });
    await agent.run(computation("1"));
    await agent.ready();
    await agent.run(computation("2"));
    expect(await agent.exited).toBe(0);
  });
  test("leaves when it is old and idle", async () => {
    const agent = await rig.start({ settings: { lifetimeMinutes: 0.02 } });
    expect(await agent.exited).toBe(0);
  });
  test("reaches a kernel by its unix socket, also when that is made later", async () => {
    const kernelSocket = join(folder(), "kernel.sock");
    const agent = await rig.start({ settings: { kernelCommand: undefined, kernelSocket } }, false);
    const listener = createServer((socket) => {
      const script = join(import.meta.dirname, "../test/scripted-kernel.ts");
      const kernel = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "inherit"] });
      socket.pipe(kernel.stdin);
      kernel.stdout.pipe(socket);
      kernel.once("exit", () => socket.destroy());
    });
    await new Promise<void>((resolve) => setTimeout(() => listener.listen(kernelSocket, resolve), 300));
    await agent.ready();
    expect(textOf(await agent.run(computation("by socket")))).toBe("by socket");
    await agent.ready();
    expect(endOf(await agent.run(computation([{ exit: 1 }])))).toMatchObject({ kind: "error", message: "The sandbox ended." });
    expect(await agent.exited).toBe(1);
    await new Promise((resolve) => listener.close(resolve));
  });
  test("tells the kernel's memory in its status", async () => {
    const agent = await rig.start();
    await until("a pong", () => (agent.statuses.at(-1)?.memoryBytes ?? 0) > 1_000_000);
  });
});

describe("a session's kernel", () => {
  test("runs its session's computations in order, and nobody else's", async () => {
    const agent = await rig.start();
    const sessionId = newId("s");
    const cells = ["a", "b", "c"].map((text) => computation([{ sleepMs: 30 }, { say: text }], { sessionId }));
    for (const cell of cells) expect((await agent.exec(cell)).answer).toBe("accepted");
    expect((await agent.exec(computation("x"))).answer).toBe("busy");
    expect((await agent.exec(computation("x", { sessionId: newId("s") }))).answer).toBe("busy");
    const last = await agent.transcript(cells[2]?.id ?? "");
    expect(textOf(last)).toBe("c");
    await until("idle", () => agent.statuses.at(-1)?.state === "idle");
    expect(agent.statuses.at(-1)).toMatchObject({ session: sessionId, freeSlots: 0, served: 3 });
    expect((await agent.exec(computation("x"))).answer).toBe("busy");
  });
  test("takes none before the one that it is to follow, whichever comes first", async () => {
    const agent = await rig.start();
    const sessionId = newId("s");
    const [first, second] = [computation("a", { sessionId }), computation([{ say: "b" }], { sessionId })];
    const after = { after: first.id };
    expect((await agent.exec(second, after)).answer).toBe("busy");
    expect((await agent.exec(first)).answer).toBe("accepted");
    expect((await agent.exec(second, after)).answer).toBe("accepted");
    expect(textOf(await agent.transcript(second.id))).toBe("b");
  });
  test("has a bounded line", async () => {
    const agent = await rig.start();
    const sessionId = newId("s");
    await agent.exec(computation([{ await: "cancel" }], { sessionId }));
    const answers: string[] = [];
    for (let n = 0; n < 17; n++) answers.push((await agent.exec(computation("x", { sessionId }))).answer);
    expect(answers).toEqual([...Array(16).fill("accepted"), "busy"]);
  });
  test("cancels one that waits without touching the one that runs", async () => {
    const agent = await rig.start();
    const sessionId = newId("s");
    const first = computation([{ await: "input" }], { sessionId });
    const second = computation("never", { sessionId });
    await agent.exec(first);
    await agent.exec(second);
    agent.control({ control: "cancel", computation: second.id });
    expect(endOf(await agent.transcript(second.id))).toMatchObject({ kind: "cancelled", lastNumber: 0 });
    agent.control({ control: "input", computation: first.id, value: "done" });
    expect(endOf(await agent.transcript(first.id)).kind).toBe("ok");
  });
  test("is over when it is closed: what runs is cancelled, what waits has its end, and the agent leaves", async () => {
    const agent = await rig.start();
    const sessionId = newId("s");
    const first = computation([{ await: "cancel" }, { done: { kind: "cancelled", sessionClosed: true } }], { sessionId });
    const second = computation("never", { sessionId });
    await agent.exec(first);
    await agent.exec(second);
    agent.control({ control: "closeSession", session: newId("s") });
    agent.control({ control: "closeSession", session: sessionId });
    expect(endOf(await agent.transcript(second.id))).toMatchObject({ kind: "cancelled", sessionClosed: true });
    expect(endOf(await agent.transcript(first.id))).toMatchObject({ kind: "cancelled", sessionClosed: true });
    expect(await agent.exited).toBe(0);
  });
  test("is over when its child was killed, and when nobody used it for long", async () => {
    const killed = await rig.start();
    await killed.run(computation([{ done: { kind: "error", sessionClosed: true } }], { sessionId: newId("s") }));
    expect(await killed.exited).toBe(0);
    const unused = await rig.start({ settings: { sessionIdleSeconds: 0.5 } });
    await unused.run(computation("x", { sessionId: newId("s") }));
    expect(await unused.exited).toBe(0);
  });
  test("answers side requests of its session, numbers what belongs to no computation, and refuses others'", async () => {
    const agent = await rig.start();
    const session = newId("s");
    const frame = { type: "sessionMessage", message: { msg_type: "comm_msg", content: { comm_id: "x" }, metadata: {} } };
    await agent.run(computation([{ frame }, { frame }], { sessionId: session }));
    const numbers = await until("session messages", async () => {
      const records = await agent.stored(session);
      return records.length === 2 && records.map((r) => [r.record, r.number]);
    });
    expect(numbers).toEqual([
      ["sessionMessage", 1],
      ["sessionMessage", 2],
    ]);
    const ask = (asked: string) => {
      const replyTo = agent.replySubject();
      const request = { replyTo, session: asked, msg_type: "complete_request", content: { code: "pl" } };
      return agent.ask<SideReply>(subjects.request(agent.kernel), request, replyTo);
    };
    const content = { status: "ok", asked: { code: "pl" } };
    expect(await ask(session)).toEqual({ msg_type: "complete_reply", content, saidUpTo: 2 });
    expect((await ask(newId("s"))).content["status"]).toBe("error");
  });
  test("is the session's that its computation stays as, at once and for no other", async () => {
    const agent = await rig.start();
    const staySession = newId("s");
    const frame = { type: "sessionMessage", message: { msg_type: "comm_msg", content: { comm_id: "x" }, metadata: {} } };
    const records = await agent.run(computation([{ done: { stays: true } }], { staySession }));
    expect(endOf(records)).toMatchObject({ kind: "ok", stays: true });
    await until("a session's kernel", () => agent.statuses.at(-1)?.session === staySession);
    expect(agent.statuses.at(-1)).toMatchObject({ freeSlots: 0 });
    expect(await agent.exec(computation("x"))).toMatchObject({ answer: "busy" });
    await agent.run(computation([{ frame }], { sessionId: staySession }));
    expect(await agent.stored(staySession)).toHaveLength(1);
  });
  test("destroys a kernel whose computation stays where nobody asked it to", async () => {
    const agent = await rig.start();
    const records = await agent.run(computation([{ done: { stays: true } }]));
    expect(endOf(records)).toMatchObject({ kind: "error" });
    expect(endOf(records)).not.toHaveProperty("stays");
  });
  test("interrupts what a moved control started: at its client's word, and at the session's time limit", async () => {
    const agent = await rig.start();
    const session = newId("s");
    const move = (content: object) => {
      const replyTo = agent.replySubject();
      return agent.ask<SideReply>(subjects.request(agent.kernel), { replyTo, session, msg_type: "comm_msg", content }, replyTo);
    };
    await agent.run(computation("x", { sessionId: session }));
    const slow = move({ slow: true });
    const quick = move({ slow: false });
    // The kernel answered the second one: it has the first one too.
    await quick;
    agent.control({ control: "interrupt" });
    expect((await slow).content).toMatchObject({ ename: "KeyboardInterrupt" });
    await agent.run(computation("x", { sessionId: session, limits: { wallMs: 300 } }));
    const late = await move({ slow: true });
    expect(late.content).toMatchObject({ status: "error", evalue: "Stopped at its time limit of 0.3 s." });
    expect((await move({})).content["status"]).toBe("ok");
  });
});

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
