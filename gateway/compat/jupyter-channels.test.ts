/** A kernel's channels over a core that says what the test tells it to; next: jupyter.test.ts. */
import { bounds } from "#gateway/compat/jupyter-bounds.ts";
import type { Message } from "#gateway/compat/jupyter-wire.ts";
import type { KernelMessage } from "#protocol/messages.ts";
import { type AppServer, startApp, until } from "#test/app-server.ts";
import { JupyterClient, kinds, replyOf } from "#test/jupyter-client.ts";

let app: AppServer;
let kernel: string;
let client: JupyterClient;
const clients: JupyterClient[] = [];
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());
beforeEach(async () => {
  app.core.sessions.reply = undefined;
  kernel = ((await (await app.post("/api/kernels", {})).json()) as { id: string }).id;
  client = await connect({ sessionId: "one" });
});
afterEach(() => clients.splice(0).forEach(({ socket }) => void socket.terminate()));

const connect = async (of: Parameters<typeof JupyterClient.connect>[2] = {}) => {
  const made = await JupyterClient.connect(app.url, kernel, of);
  clients.push(made);
  return made;
};
const session = () => `s${kernel.slice(1).replaceAll("-", "")}`;
/** The computation that the next cell becomes. */
const begun = async (before: number) => {
  await until(() => app.core.entries.size > before, "a computation");
  const id = [...app.core.entries.keys()].at(-1) ?? "";
  app.core.run(id);
  return id;
};
const reply = (content: Record<string, unknown> = {}): KernelMessage => ({
  msg_type: "execute_reply",
  content: { status: "ok", execution_count: 1, user_expressions: {}, payload: [], ...content },
  metadata: {},
});
/** Sends a cell, and has its computation say `messages` and end. */
const run = async (messages: KernelMessage[], content: Record<string, unknown> = {}, from = client) => {
  const before = app.core.entries.size;
  const id = from.send({ msg_type: "execute_request", content: { code: "1+1", ...content } });
  const computation = await begun(before);
  for (const message of messages) app.core.message(computation, message);
  app.core.finish(computation);
  return { computation, answers: await from.answers(id) };
};
const stream = (text: string): KernelMessage => ({ msg_type: "stream", content: { name: "stdout", text }, metadata: {} });
const failure = { status: "error", ename: "E", evalue: "v", traceback: ["t"] };
const iopub = (messages: Message[]) => messages.filter(({ channel }) => channel === "iopub");

describe("a cell", () => {
  test("is busy, its input, its output, its reply and idle, each with the request as it came for parent", async () => {
    const { answers, computation } = await run([stream("2\n"), reply()]);
    expect(kinds(iopub(answers))).toEqual(["busy", "execute_input", "stream", "idle"]);
    expect(answers.find(({ channel }) => channel === "shell")?.content).toMatchObject({ status: "ok", execution_count: 1 });
    for (const { parent_header, header } of answers) {
      expect(parent_header).toMatchObject({ msg_type: "execute_request", session: "c", username: "u" });
      for (const name of ["msg_id", "msg_type", "session", "username", "version", "date"])
        expect(typeof header[name]).toBe("string");
    }
    const { submission } = app.core.entry(computation);
    expect(submission).toMatchObject({ sessionId: session(), language: "sage", allowInput: true, storeHistory: true });
  });
  test("counts up, but not where it is no history", async () => {
    const countOf = ({ answers }: { answers: Message[] }) =>
      answers.find(({ header }) => header.msg_type === "execute_input")?.content["execution_count"];
    expect(countOf(await run([reply()]))).toBe(1);
    expect(countOf(await run([reply({ execution_count: 2 })], { store_history: false }))).toBe(2);
    expect(countOf(await run([reply({ execution_count: 2 })]))).toBe(2);
    expect(countOf(await run([reply({ execution_count: 3 })]))).toBe(3);
  });
  test("that is silent shows nothing", async () => {
    const { answers } = await run([stream("2\n"), reply()], { silent: true });
    expect(kinds(iopub(answers))).toEqual(["busy", "idle"]);
  });
  test("that fails stops those that were sent after it, unless it says otherwise", async () => {
    const before = app.core.entries.size;
    const first = client.send({ msg_type: "execute_request", content: { code: "1/0" } });
    const second = client.send({ msg_type: "execute_request", content: { code: "2" } });
    const third = client.send({ msg_type: "complete_request", content: { code: "", cursor_pos: 0 } });
    const computation = await begun(before);
    app.core.message(computation, reply(failure));
    app.core.finish(computation, { kind: "error" });
    expect(replyOf(await client.answers(first))).toMatchObject({ status: "error", ename: "E", execution_count: 1 });
    expect(replyOf(await client.answers(second))).toMatchObject({ status: "aborted" });
    expect(replyOf(await client.answers(third))).toMatchObject({ status: "ok" });
  });
  test("whose kernel could not say its error shows it all the same", async () => {
    const before = app.core.entries.size;
    const id = client.send({ msg_type: "execute_request", content: { code: "1" } });
    app.core.finish(await begun(before), { kind: "lost", message: "Its kernel is gone." });
    const answers = await client.answers(id);
    expect(answers.find(({ header }) => header.msg_type === "error")?.content).toMatchObject({ evalue: "Its kernel is gone." });
    expect(replyOf(answers)).toMatchObject({ status: "error", ename: "KernelDied" });
  });
  test("that is not accepted says why", async () => {
    app.core.failNext = Object.assign(new Error("x"), {});
    const answers = await client.execute("1");
    expect(replyOf(answers)).toMatchObject({
      status: "error",
      evalue: "Something went wrong on our side.",
      execution_count: 0,
    });
    expect(kinds(iopub(answers))).toContain("error");
  });
  test("asks for input on stdin, only who sent it, and goes on with the answer", async () => {
    const other = await connect();
    const before = app.core.entries.size;
    const id = client.send({ msg_type: "execute_request", content: { code: "input()" } });
    const computation = await begun(before);
    app.core.askInput(computation);
    app.core.message(computation, {
      msg_type: "input_request",
      content: { prompt: "name? ", password: false },
      metadata: {},
    });
    await client.until(() => client.heard.some(({ channel }) => channel === "stdin"), "the question");
    client.send({ channel: "stdin", msg_type: "input_reply", content: { value: "Ada", status: "ok" } });
    await until(() => app.core.entry(computation).inputs.length > 0, "the answer");
    expect(app.core.entry(computation).inputs).toEqual(["Ada"]);
    app.core.message(computation, reply());
    app.core.finish(computation);
    await client.answers(id);
    await other.until(() => kinds(other.heard).includes("idle"), "idle");
    expect(other.heard.filter(({ channel }) => channel !== "iopub")).toEqual([]);
  });
  test("has payloads that are files inline", async () => {
    const before = app.core.entries.size;
    const id = client.send({ msg_type: "execute_request", content: { code: "plot" } });
    const computation = await begun(before);
    app.core.stored.set(`${computation}/shown-1.png`, Buffer.from("PNG"));
    app.core.stored.set(`${computation}/shown-2.json`, Buffer.from('{"value":{"a":1}}'));
    const links = {
      "image/png": { path: "shown-1.png", size: 3 },
      "application/json": { path: "shown-2.json", size: 17 },
      "text/html": { path: "shown-3.html", size: 99_000_000 },
    };
    const content = { data: { "text/plain": "Graphics" }, metadata: {}, transient: {} };
    app.core.message(computation, { msg_type: "display_data", content, metadata: { links } });
    app.core.finish(computation);
    const shown = (await client.answers(id)).find(({ header }) => header.msg_type === "display_data");
    const data = { "text/plain": "Graphics", "image/png": Buffer.from("PNG").toString("base64"), "application/json": { a: 1 } };
    expect(shown?.content["data"]).toEqual(data);
    expect(shown?.metadata).toEqual({});
  });
});

describe("a question", () => {
  test("before anything ran is answered without a kernel", async () => {
    const asked = ["complete_request", "inspect_request", "is_complete_request", "history_request", "comm_info_request"];
    for (const msg_type of asked)
      expect(replyOf(await client.ask({ msg_type, content: { code: "f", cursor_pos: 1 } }))).toHaveProperty("status");
  });
  test("waits for its turn, and its reply for what the session said before it", async () => {
    app.core.sessions.say(session(), "comm_msg", { comm_id: "c", data: {}, buffers: [Buffer.from("ab").toString("base64")] });
    app.core.sessions.reply = { msg_type: "comm_msg_reply", content: { status: "ok" }, saidUpTo: 1 };
    const content = { comm_id: "c", data: { method: "update" } };
    const answers = await client.ask({ msg_type: "comm_msg", content, buffers: [Buffer.from("x")] });
    expect(kinds(answers).filter((kind) => kind !== "comm_msg")).toEqual(["busy", "idle"]);
    const said = client.heard.find(({ header }) => header.msg_type === "comm_msg");
    expect(said?.content).toEqual({ comm_id: "c", data: {} });
    expect(said?.buffers.map(String)).toEqual(["ab"]);
    const { asked } = app.core.sessions.entries.get(session()) ?? {};
    expect(asked?.at(-1)?.content).toEqual({ ...content, buffers: [Buffer.from("x").toString("base64")] });
  });
  test("that no kernel understands is an error, the debugger's too", async () => {
    for (const msg_type of ["debug_request", "create_subshell_request", "nonsense"])
      expect(replyOf(await client.ask({ msg_type, channel: "control" }))).toMatchObject({ status: "error" });
  });
  test("about the kernel is answered at once, and the kernel stays busy for all who look", async () => {
    const before = app.core.entries.size;
    client.send({ msg_type: "execute_request", content: { code: "1" } });
    const computation = await begun(before);
    expect(replyOf(await client.ask({ msg_type: "kernel_info_request" }))).toMatchObject({ language_info: { name: "python" } });
    await client.until(() => kinds(client.heard).at(-1) === "busy", "busy at the end");
    app.core.finish(computation);
  });
});

describe("a connection", () => {
  test("that comes back with its session_id hears what it missed, without gaps and repeats", async () => {
    const before = app.core.entries.size;
    client.send({ msg_type: "execute_request", content: { code: "1" } });
    const computation = await begun(before);
    app.core.say(computation, "a");
    await client.until(() => kinds(client.heard).includes("stream"), "a");
    client.socket.terminate();
    await until(() => app.core.entries.size > 0 && client.socket.readyState === 3, "the end");
    for (const text of ["b", "c"]) app.core.say(computation, text);
    app.core.message(computation, reply());
    app.core.finish(computation);
    const again = await connect({ sessionId: "one", v1: true });
    await again.until(() => kinds(again.heard).includes("idle"), "idle");
    const texts = [...client.heard, ...again.heard].flatMap(({ content }) => ("text" in content ? [content["text"]] : []));
    expect(texts.join("")).toBe("abc");
    expect(kinds(again.heard)).toContain("execute_reply");
  });
  test("of another client hears what all may hear, and replies of its own alone", async () => {
    const other = await connect({ v1: true });
    await run([stream("x"), reply()]);
    await other.until(() => kinds(other.heard).includes("idle"), "idle");
    expect(kinds(other.heard)).toEqual(["busy", "execute_input", "stream", "idle"]);
  });
  test.each([
    ["no JSON", "{"],
    ["no message", "{}"],
    ["a channel that is none", JSON.stringify({ channel: "iopub", header: { msg_id: "1", msg_type: "x" }, content: {} })],
    ["a huge header", JSON.stringify({ header: { msg_id: "1", msg_type: "x", more: "x".repeat(9000) }, content: {} })],
  ])("that sends %s is closed", async (_, text) => {
    const closed = new Promise((resolve) => client.socket.once("close", resolve));
    client.socket.send(text);
    expect(await closed).toBe(1007);
  });
  test("that sends without end is closed", async () => {
    const closed = new Promise((resolve) => client.socket.once("close", resolve));
    for (let n = 0; n <= bounds.messagesPerWindow; n++) client.send({ msg_type: "input_reply", channel: "stdin" });
    expect(await closed).toBe(1008);
  });
  test("may leave out the channel: it means the shell", async () => {
    client.socket.send(JSON.stringify({ header: { msg_id: "m", msg_type: "kernel_info_request" }, content: {} }));
    expect(replyOf(await client.answers("m"))).toMatchObject({ status: "ok" });
  });
  test("that asks more than may wait is refused the rest", async () => {
    const before = app.core.entries.size;
    const first = client.send({ msg_type: "execute_request", content: { code: "1" } });
    const computation = await begun(before);
    const many = Array.from({ length: bounds.lineMax + 1 }, () => client.send({ msg_type: "history_request" }));
    expect(replyOf(await client.answers(many.at(-1) ?? ""))).toMatchObject({ status: "error", evalue: "Too much waits." });
    app.core.finish(computation);
    await client.answers(first);
  });
});

describe("a kernel", () => {
  test("that is restarted is another session under its old id, counts anew, and what waited is aborted", async () => {
    await run([reply({ execution_count: 1 })]);
    const before = app.core.entries.size;
    const running = client.send({ msg_type: "execute_request", content: { code: "while True: pass" } });
    const waiting = client.send({ msg_type: "execute_request", content: { code: "2" } });
    await begun(before);
    expect((await app.post(`/api/kernels/${kernel}/restart`)).status).toBe(200);
    expect(replyOf(await client.answers(running))).toMatchObject({ status: "error", ename: "KernelRestarted" });
    expect(replyOf(await client.answers(waiting))).toMatchObject({ status: "aborted" });
    const { answers, computation } = await run([reply()]);
    expect(replyOf(answers)).toMatchObject({ status: "ok", execution_count: 1 });
    expect(app.core.entry(computation).submission.sessionId).not.toBe(session());
    expect(answers[0]?.header["session"]).toBe(app.core.entry(computation).submission.sessionId);
  });
  test("whose session is closed is dead, says so, and lives again after a restart", async () => {
    await app.core.sessions.close(session());
    await client.until(() => kinds(client.heard).includes("dead"), "dead");
    expect(replyOf(await client.execute("1"))).toMatchObject({ evalue: "The kernel is gone. Restart it to go on." });
    expect(await (await app.get(`/api/kernels/${kernel}`)).json()).toMatchObject({ execution_state: "dead" });
    await app.post(`/api/kernels/${kernel}/restart`);
    expect(replyOf((await run([reply()])).answers)).toMatchObject({ status: "ok" });
  });
  test("is interrupted over the control channel; what has not begun is cancelled", async () => {
    expect(replyOf(await client.ask({ msg_type: "interrupt_request", channel: "control" }))).toEqual({ status: "ok" });
    expect(app.core.sessions.entries.get(session())?.interrupts).toBe(1);
    const before = app.core.entries.size;
    const id = client.send({ msg_type: "execute_request", content: { code: "1" } });
    await until(() => app.core.entries.size > before, "a computation");
    await client.ask({ msg_type: "interrupt_request", channel: "control" });
    expect(replyOf(await client.answers(id))).toMatchObject({ ename: "KeyboardInterrupt" });
  });
  test("that is shut down says that it is dead, and its session is closed", async () => {
    client.send({ msg_type: "shutdown_request", channel: "control", content: { restart: false } });
    await client.until(() => kinds(client.heard).includes("dead"), "dead");
    await until(() => app.core.sessions.entries.get(session())?.state === "closed", "closed");
    expect((await app.get(`/api/kernels/${kernel}`)).status).toBe(404);
  });
});
