/** A session beside its computations, on the real system: completion, help, and a slider that is moved; next: isolation.test.ts. */
import { jest } from "@jest/globals";
import { type LiveSystem, startLiveSystem } from "#test/end-to-end/live-system.ts";
import { text, Visitor } from "#test/end-to-end/visitor.ts";

jest.setTimeout(60_000);

type Said = { number: number; msg_type: string; content: { data?: { state?: { outputs?: Output[] } } } };
type Output = { output_type: string; text?: string; data?: Record<string, string> };
const interact = "@interact\ndef f(n=slider(1, 5)):\n    print('n is', n)\n    return n^2";

let system: LiveSystem;
let visitor: Visitor;
let session = "";
beforeAll(async () => {
  system = await startLiveSystem({ kernels: 1, kernelsMax: 2 });
  visitor = new Visitor(() => [system.url]);
  session = ((await (await visitor.ask("/v1/sessions", { method: "POST" })).json()) as { id: string }).id;
});
afterAll(async () => {
  expect(await system?.end()).toEqual([]);
});

const ask = async (msg_type: string, content: object) => {
  const response = await visitor.ask(`/v1/sessions/${session}/requests`, { method: "POST", json: { msg_type, content } });
  return (await response.json()) as { code?: string; content: Record<string, unknown> };
};
const saidAfter = async (since: number) => {
  const response = await visitor.ask(`/v1/sessions/${session}/messages?since=${since}&wait=20`);
  return (await response.json()) as { messages: Said[]; state: string };
};

test("a session has no kernel before anything ran in it", async () => {
  expect((await ask("complete_request", { code: "fac", cursor_pos: 3 })).code).toBe("notStarted");
});
test("its kernel completes and helps with what its computations defined", async () => {
  const run = await visitor.run({ code: "my_number = 7\nprint(my_number)", sessionId: session });
  expect(text(run)).toBe("7\n");
  expect((await ask("complete_request", { code: "my_num", cursor_pos: 6 })).content["matches"]).toContain("my_number");
  expect((await ask("is_complete_request", { code: "for i in range(3):" })).content["status"]).toBe("incomplete");
  const help = (await ask("inspect_request", { code: "factor", cursor_pos: 6, detail_level: 0 })).content;
  expect(JSON.stringify(help["data"])).toContain("factor");
});
test("a slider that is moved runs its function, and what that says is read from the session", async () => {
  const { messages } = await visitor.run({ code: interact, sessionId: session });
  const opened = messages.filter(({ msg_type }) => msg_type === "comm_open").map(({ content }) => content);
  const slider = opened.find(({ data }) => JSON.stringify(data).includes("IntSliderModel"))?.["comm_id"];
  const data = { method: "update", state: { value: 3 }, buffer_paths: [] };
  expect((await ask("comm_msg", { comm_id: slider, data })).content["status"]).toBe("ok");
  let [since, outputs] = [0, [] as Output[]];
  while (!outputs.some((output) => output.data?.["text/plain"] === "9")) {
    const page = await saidAfter(since);
    expect(page.messages.map(({ number }) => number)).toEqual(page.messages.map((_, i) => since + 1 + i));
    expect(page.messages.length).toBeGreaterThan(0);
    since += page.messages.length;
    outputs = page.messages.flatMap(({ content }) => content.data?.state?.outputs ?? []);
  }
  expect(outputs.find(({ text }) => text)?.text).toBe("n is 3\n");
});
test("a closed session says so to who waits, and answers no more", async () => {
  const waiting = saidAfter(1_000);
  await visitor.ask(`/v1/sessions/${session}`, { method: "DELETE" });
  expect(await waiting).toEqual({ messages: [], state: "closed" });
  expect((await ask("complete_request", { code: "fac", cursor_pos: 3 })).code).toBe("sessionClosed");
});
test("a computation that leaves an interact behind makes its kernel a session, if it may stay, and another kernel takes its place", async () => {
  const plain = await visitor.run({ code: "7", mayStay: true });
  expect(plain.outcome).not.toHaveProperty("sessionId");
  const { outcome, messages } = await visitor.run({ code: `a = 8\n${interact}`, mayStay: true });
  session = String((outcome as { sessionId?: string }).sessionId);
  const opened = messages.filter(({ msg_type }) => msg_type === "comm_open").map(({ content }) => content);
  const slider = opened.find(({ data }) => JSON.stringify(data).includes("IntSliderModel"))?.["comm_id"];
  const data = { method: "update", state: { value: 3 }, buffer_paths: [] };
  expect((await ask("comm_msg", { comm_id: slider, data })).content["status"]).toBe("ok");
  expect(JSON.stringify(await saidAfter(0))).toContain("n is 3");
  expect(text(await visitor.run({ code: "print(a)", sessionId: session }))).toBe("8\n");
  // By another kernel: this one takes the computations of its session only.
  expect((await visitor.run({ code: "a" })).outcome.kind).toBe("error");
});
