/** Kernels that break their word, one way each; next: slow-kernel.test.ts. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { agentExit } from "#protocol/agent-exit.ts";
import { computation, endOf, newId, textOf, until } from "#test/agent.ts";
import { agentRig } from "#test/agent-rig.ts";
import { temporaryFolders } from "#test/folders.ts";
import type { Step } from "#test/scripted-kernel.ts";

const rig = agentRig();
const folder = temporaryFolders();
const base64 = (...bytes: number[]) => Buffer.from(bytes).toString("base64");
const message = (id: string, text: string) => ({
  frame: { type: "message", computation: id, message: { msg_type: "stream", content: { name: "stdout", text }, metadata: {} } },
});
const wait: Step = { await: "cancel" };

describe("a kernel is destroyed, its computation ends once and its agent exits for replacement, when it sends", () => {
  test.each<[string, Step]>([
    ["garbage", { raw: Buffer.from("GET / HTTP/1.1\r\n\r\n").toString("base64") }],
    ["a frame of no bytes", { raw: base64(0, 0, 0, 0) }],
    ["a frame longer than 1 MiB", { raw: base64(0, 0x10, 0, 1, 0) }],
    ["a frame of an unknown kind", { raw: base64(0, 0, 0, 1, 9) }],
    ["a frame of an unknown type", { frame: { type: "request", id: 1 } }],
    ["a message of another computation", message(newId("c"), "x")],
    [
      "the end of another computation",
      {
        frame: {
          type: "done",
          computation: newId("c"),
          kind: "ok",
          message: "",
          usage: { wallMs: 0, cpuMs: 0, memoryBytes: 0 },
          sessionClosed: false,
        },
      },
    ],
    [
      "a session's message without a session",
      { frame: { type: "sessionMessage", message: { msg_type: "stream", content: {}, metadata: {} } } },
    ],
    ["a message beyond 256 KiB", { message: { msg_type: "display_data", content: { data: "x".repeat(300_000) } } }],
    ["a reply to no request", { frame: { type: "reply", id: 1, msg_type: "x", content: {} } }],
    ["a pong to no ping", { frame: { type: "pong", id: 99, memoryBytes: 0, spares: 0 } }],
    ["ready twice", { frame: { type: "ready", python: "", sage: "", warmUpMs: 0 } }],
    ["that it is broken", { frame: { type: "broken", reason: "x" } }],
    ["a piece of no file", { raw: base64(0, 0, 0, 6, 1, 0, 0, 0, 0, 7) }],
    ["a file larger than announced", { file: { path: "a", text: "12345", announce: 3 } }],
  ])("%s", async (_what, step) => {
    const agent = await rig.start();
    const asked = computation([{ say: "before" }, step, wait]);
    const records = await agent.run(asked);
    expect(textOf(records)).toBe("before");
    expect(endOf(records)).toMatchObject({ kind: "error", files: [], sessionClosed: false });
    expect(await agent.exited).toBe(1);
    expect((await agent.stored(asked.id)).filter((r) => r.record === "end")).toHaveLength(1);
  });
  test("more messages than the limit, however often it goes on", async () => {
    const agent = await rig.start();
    const asked = computation([{ flood: { count: 1_000_000, bytes: 10 } }], { limits: { outputMessages: 100 } });
    const records = await agent.run(asked);
    expect(endOf(records).kind).toBe("outputLimit");
    expect(records.length).toBeLessThan(200);
    expect(await agent.exited).toBe(1);
  });
  test("more bytes than the limit", async () => {
    const agent = await rig.start();
    const asked = computation([{ flood: { count: 1000, bytes: 100_000 } }], {
      limits: { outputBytes: 10_000, outputMessages: 1000 },
    });
    expect(endOf(await agent.run(asked)).kind).toBe("outputLimit");
    expect(await agent.exited).toBe(1);
  });
  test("messages after the end", async () => {
    const agent = await rig.start();
    const asked = computation([{ say: "x" }]);
    const after = { ...asked, code: JSON.stringify([{ frame: done(asked.id) }, message(asked.id, "late")]) };
    const records = await agent.run(after);
    expect(endOf(records).kind).toBe("ok");
    expect(await agent.exited).toBe(1);
    expect((await agent.stored(asked.id)).length).toBe(1);
  });
  test("files without end", async () => {
    const agent = await rig.start();
    const files = Array.from({ length: 300 }, (_, n) => ({ file: { path: `f${n}`, text: "22" } }));
    expect(endOf(await agent.run(computation(files, { limits: { uploadFiles: 1, uploadBytes: 1 } }))).kind).toBe("error");
    expect(await agent.exited).toBe(1);
  }, 20_000);
});

describe("a kernel", () => {
  test("that dies while it runs something gives that its end, after all that it had said", async () => {
    const agent = await rig.start();
    const records = await agent.run(computation([{ say: "last words" }, { sleepMs: 50 }, { exit: 0 }]));
    expect(textOf(records)).toBe("last words");
    expect(endOf(records)).toMatchObject({ kind: "error", message: "The sandbox ended." });
    expect(await agent.exited).toBe(1);
  });
  test("that the memory wall killed ends with memory", async () => {
    const wall = memoryWall();
    const agent = await rig.start({ settings: { memoryEventsPath: wall.path } });
    const asked = computation([{ await: "input" }, { exit: 137 }]);
    await agent.exec(asked);
    wall.kills();
    agent.control({ control: "input", computation: asked.id, value: "" });
    expect(endOf(await agent.transcript(asked.id)).kind).toBe("memory");
    expect(await agent.exited).toBe(1);
  });
  test.each(["error", "ok"])(
    "in which the memory wall killed something, and that goes on as if it were %s, is destroyed after the end: memory",
    async (kind) => {
      const wall = memoryWall();
      const agent = await rig.start({ settings: { memoryEventsPath: wall.path } });
      const asked = computation([{ say: "before" }, { await: "input" }, { done: { kind, message: "It died of SIGKILL." } }]);
      await agent.exec(asked);
      await until("its words", async () => textOf(await agent.stored(asked.id)) === "before");
      wall.kills();
      agent.control({ control: "input", computation: asked.id, value: "" });
      const records = await agent.transcript(asked.id);
      expect(endOf(records)).toMatchObject({ kind: "memory", message: "The sandbox ran out of memory.", lastNumber: 2 });
      expect(await agent.exited).toBe(1);
      expect(agent.statuses.filter(({ served, freeSlots }) => served > 0 && freeSlots > 0)).toEqual([]);
    },
  );
  test("of a session in which the memory wall killed something is destroyed, and the session is closed", async () => {
    const wall = memoryWall();
    const agent = await rig.start({ settings: { memoryEventsPath: wall.path } });
    const sessionId = newId("s");
    const cells = [computation([{ await: "input" }], { sessionId }), computation("never", { sessionId })];
    for (const cell of cells) await agent.exec(cell);
    wall.kills();
    agent.control({ control: "input", computation: cells[0]?.id ?? "", value: "" });
    const kinds = await Promise.all(cells.map(async ({ id }) => endOf(await agent.transcript(id))));
    expect(kinds).toMatchObject([
      { kind: "memory", sessionClosed: true },
      { kind: "cancelled", sessionClosed: true },
    ]);
    expect(await agent.exited).toBe(1);
  });
  test("in which the memory wall killed something while nothing ran is destroyed", async () => {
    const wall = memoryWall();
    const agent = await rig.start({ settings: { memoryEventsPath: wall.path } });
    wall.kills();
    expect(await agent.exited).toBe(agentExit.unfit);
  });
  test("that dies with a session's line gives each its end, and the session is closed", async () => {
    const agent = await rig.start();
    const sessionId = newId("s");
    const cells = [computation([{ await: "input" }, { exit: 1 }], { sessionId }), computation("never", { sessionId })];
    for (const cell of cells) await agent.exec(cell);
    agent.control({ control: "input", computation: cells[0]?.id ?? "", value: "" });
    for (const cell of cells)
      expect(endOf(await agent.transcript(cell.id))).toMatchObject({ kind: "error", sessionClosed: true });
    expect(await agent.exited).toBe(1);
  });
  test.each(["--late", "--mute"])("that greets too late or answers no ping (%s) is never offered", async (flag) => {
    const agent = await rig.start({ kernelFlags: [flag], settings: { kernelStartSeconds: 0.5 } }, false);
    expect(await agent.exited).toBe(agentExit.unfit);
    expect(agent.statuses).toEqual([]);
  });
  test("that cannot be started takes its agent with it", async () => {
    const agent = await rig.start({ settings: { kernelCommand: ["/nowhere/kernel"] } }, false);
    expect(await agent.exited).toBe(agentExit.unfit);
  });
});

/** Such a file as the system counts its kills in. */
const memoryWall = () => {
  const path = join(folder(), "memory.oom_control");
  const write = (kills: number) => writeFileSync(path, `oom_kill_disable 0\nunder_oom 0\noom_kill ${kills}\n`);
  write(0);
  return { path, kills: () => write(1) };
};

const done = (computation: string) => ({
  type: "done",
  computation,
  kind: "ok",
  message: "",
  usage: { wallMs: 0, cpuMs: 0, memoryBytes: 0 },
  sessionClosed: false,
});
