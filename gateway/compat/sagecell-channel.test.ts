/** What SageMathCell's clients say to a kernel and hear of it, by WebSocket and by SockJS, over a memory core; next: sagecell-interacts.test.ts. */
import { once } from "node:events";
import { WebSocket } from "ws";
import { type AppServer, startApp, until } from "#test/app-server.ts";
import { execute, Heard, message, overSockJs, overWebSocket, startKernel } from "#test/sagecell-client.ts";

let app: AppServer;
beforeEach(async () => {
  app = await startApp();
});
afterEach(() => app.stop());

/** The next computation that is submitted. */
const submitted = async (count = 1): Promise<string> => {
  await until(() => app.core.entries.size >= count, `${count} computations`);
  return [...app.core.entries.keys()][count - 1] as string;
};
const replyOk = { msg_type: "execute_reply" as const, content: { status: "ok", payload: [], user_expressions: {} } };

test("a cell's messages come in Jupyter's order, with copies on top, and then the kernel is dead", async () => {
  const { line, heard } = await overWebSocket(app.url);
  line.send(execute("print(2)\n7"));
  const id = await submitted();
  app.core.say(id, "2\n");
  app.core.message(id, {
    msg_type: "execute_result",
    content: { data: { "text/plain": "7", "text/latex": "$7$" }, metadata: {} },
  });
  app.core.message(id, replyOk);
  app.core.finish(id, { files: [{ path: "a.csv", size: 1, sha256: "0".repeat(64) }] });
  const dead = await heard.dead();
  expect(
    heard.all.map(({ channel, msg_type, content }) => [channel, msg_type ?? "-", content["execution_state"] ?? ""]),
  ).toEqual([
    ["iopub", "status", "busy"],
    ["iopub", "execute_input", ""],
    ["iopub", "stream", ""],
    ["iopub", "execute_result", ""],
    ["shell", "execute_reply", ""],
    ["iopub", "status", "idle"],
    ["iopub", "-", "dead"],
  ]);
  expect(dead.parent_header).toEqual({});
  const reply = await heard.reply();
  expect((reply.content["payload"] as object[])[0]).toMatchObject({ new_files: ["a.csv"] });
  expect(reply.content["user_expressions"]).toEqual({
    _sagecell_files: { status: "ok", data: { "text/plain": "''" }, metadata: {} },
  });
  expect(new Set(heard.all.slice(0, -1).map(({ parent_header }) => parent_header.msg_id)).size).toBe(1);
  expect(app.core.entry(id).submission).toMatchObject({ code: "print(2)\n7", expressions: {}, allowInput: false });
  line.close();
});

test("who asks for the kernel's information first is not cut off, and a kernel with a timeout runs several cells in one session", async () => {
  const { line, heard } = await overWebSocket(app.url, "inf");
  line.send(message("kernel_info_request", {}));
  expect((await heard.reply("kernel_info_reply")).content["status"]).toBe("ok");
  for (const count of [1, 2]) {
    line.send(execute("1"));
    const id = await submitted(count);
    expect(app.core.entry(id).submission.sessionId).toBe([...app.core.sessions.entries.keys()][0]);
    app.core.message(id, replyOk);
    app.core.finish(id);
  }
  await until(() => heard.of("execute_reply").length === 2, "two replies");
  expect(app.core.sessions.entries.size).toBe(1);
  line.close();
  await until(() => [...app.core.sessions.entries.values()][0]?.state === "closed", "the session's end");
});

test("a file that a moved control wrote is in the answer to the move, and nothing is asked for where it wrote none", async () => {
  const { line, heard } = await overWebSocket(app.url, "inf");
  line.send(execute("@interact"));
  app.core.finish(await submitted(1));
  await heard.reply();
  const moved = message("sagenb.interact.update_interact", { interact_id: "i", values: { n: 1 }, update_last: false });
  const answers = () => heard.of("sagenb.interact.update_interact_reply");
  app.core.sessions.reply = { msg_type: "update_interact_reply", content: { status: "ok" } };
  line.send(moved);
  await until(() => answers().length === 1, "the first answer");
  app.core.sessions.reply = { msg_type: "update_interact_reply", content: { status: "ok", newFiles: true } };
  line.send(moved);
  const id = await submitted(2);
  expect(app.core.entry(id).submission).toMatchObject({ code: "", storeHistory: false, sessionId: expect.any(String) });
  app.core.finish(id, { files: [{ path: "a.csv", size: 1, sha256: "0".repeat(64) }] });
  await until(() => answers().length === 2, "the second answer");
  expect(answers().map(({ content }) => content["payload"])).toEqual([[], [{ source: "sagecell", new_files: ["a.csv"] }]]);
  line.close();
});

test("what stopped a computation is an error that these clients show", async () => {
  const { line, heard } = await overWebSocket(app.url);
  line.send(execute("while True: pass"));
  app.core.finish(await submitted(), { kind: "timeout", message: "Stopped at its time limit of 60 s." });
  await heard.dead();
  expect(heard.of("error")[0]?.content["evalue"]).toBe("Stopped at its time limit of 60 s.");
  expect((await heard.reply()).content["status"]).toBe("error");
  line.close();
});

test("a server that is full says so in the cell", async () => {
  const { Failure } = await import("#protocol/failures.ts");
  app.core.failNext = new Failure("full", { retryAfterSeconds: 3 });
  const { line, heard } = await overWebSocket(app.url);
  line.send(execute("1"));
  await heard.dead();
  expect(heard.of("error")[0]?.content).toMatchObject({ ename: "full", evalue: "All kernels are busy and the queue is full." });
  line.close();
});

test("a picture has a name, and is a file of the kernel under that name; a file of the computation is too", async () => {
  const { id, line, heard } = await overWebSocket(app.url);
  line.send(execute("plot(x)"));
  const computation = await submitted();
  const png = Buffer.from("a picture");
  app.core.message(computation, {
    msg_type: "execute_result",
    content: { data: { "text/plain": "Graphics", "image/png": png.toString("base64") }, metadata: {} },
  });
  app.core.stored.set(`${computation}/a.csv`, Buffer.from("1,2"));
  app.core.finish(computation);
  await heard.dead();
  const data = heard.of("display_data")[0]?.content["data"] as Record<string, string>;
  expect(data["image/png"]).toBe(png.toString("base64"));
  const picture = await app.get(`/kernel/${id}/files/${data["text/image-filename"]}?q=0`);
  expect(picture.headers.get("content-type")).toBe("image/png");
  expect(await picture.text()).toBe("a picture");
  expect(await (await app.get(`/kernel/${id}/files/a.csv?m=1`)).text()).toBe("1,2");
  expect((await app.get(`/kernel/${id}/files/b.csv`)).status).toBe(404);
  expect((await app.get(`/kernel/${id}/files/output-1-9.png`)).status).toBe(404);
  line.close();
});

test("a scene's page comes in a frame of its own; what was shown as mathematics is for MathJax", async () => {
  const { line, heard } = await overWebSocket(app.url);
  line.send(execute("sphere()"));
  const id = await submitted();
  const scene = '<!DOCTYPE html><html><head><script src="/threejs/three.min.js"></script></head><body></body></html>';
  app.core.message(id, { msg_type: "display_data", content: { data: { "text/html": scene }, metadata: {} } });
  app.core.message(id, { msg_type: "display_data", content: { data: { "text/latex": "$\\displaystyle x<y$" }, metadata: {} } });
  app.core.finish(id);
  await heard.dead();
  const html = heard.of("display_data").map(({ content }) => (content["data"] as Record<string, string>)["text/html"]);
  expect(html[0]).toMatch(/^<iframe sandbox="allow-scripts"[^>]* srcdoc="&lt;!DOCTYPE/);
  expect(html[0]).toContain("&lt;base href=&quot;http://127.0.0.1:1/&quot;&gt;");
  expect(html[1]).toBe("<html>\\[x&lt;y\\]</html>");
  line.close();
});

test("input() asks who said that he can be asked", async () => {
  const { line, heard } = await overWebSocket(app.url);
  line.send(execute("input('?')", { allow_stdin: true }));
  const id = await submitted();
  app.core.askInput(id);
  app.core.message(id, { msg_type: "input_request", content: { prompt: "?", password: false } });
  const request = await heard.reply("input_request");
  expect(request.channel).toBe("stdin");
  line.send(message("input_reply", { value: "42" }));
  await until(() => app.core.entry(id).inputs.length === 1, "an answer");
  expect(app.core.entry(id).inputs).toEqual(["42"]);
  line.close();
});

test("DELETE, a closed connection and an interrupt end what runs", async () => {
  const kind = (id: string) => app.core.entry(id).view.outcome?.kind;
  const first = await overWebSocket(app.url);
  first.line.send(execute("1"));
  const deleted = await submitted(1);
  await fetch(`${app.url}/kernel/${first.id}`, { method: "DELETE" });
  await first.heard.dead();
  await until(() => kind(deleted) === "cancelled", "the first one's end");
  const second = await overWebSocket(app.url);
  second.line.send(execute("1"));
  const left = await submitted(2);
  second.line.close();
  await until(() => kind(left) === "cancelled", "the second one's end");
  const third = await overWebSocket(app.url);
  third.line.send(execute("1"));
  const interrupted = await submitted(3);
  third.line.send(message("interrupt_request", {}));
  await until(() => kind(interrupted) === "cancelled", "the third one's end");
  await third.heard.dead();
  third.line.close();
});

describe("a page that comes back after its connection broke", () => {
  const connect = async (id: string, resume: number) => {
    const socket = new WebSocket(`${app.url.replace("http", "ws")}/kernel/${id}/channels?resume=${resume}`);
    const heard = new Heard();
    socket.on("message", (data: Buffer) => heard.take(data.toString()));
    await once(socket, "open");
    return { socket, heard };
  };

  test("hears what it missed, once, and what it sends again is done once", async () => {
    const { id } = await startKernel(app.url);
    const first = await connect(id, 0);
    const code = execute("1");
    first.socket.send(code);
    const computation = await submitted();
    app.core.say(computation, "a");
    await first.heard.first(({ content }) => content["text"] === "a");
    first.socket.terminate();
    app.core.say(computation, "b");
    const second = await connect(id, first.heard.all.length);
    second.socket.send(code);
    app.core.message(computation, replyOk);
    app.core.finish(computation);
    await second.heard.dead();
    expect(second.heard.text).toBe("b");
    expect(second.heard.of("execute_reply")).toHaveLength(1);
    expect(app.core.entries.size).toBe(1);
    second.socket.close(1000);
  });
  test("that left on purpose is not waited for, and a kernel that is not open here cannot be taken up", async () => {
    const { id } = await startKernel(app.url);
    const first = await connect(id, 0);
    first.socket.send(execute("1"));
    const computation = await submitted();
    first.socket.close(1000);
    await until(() => app.core.entry(computation).view.outcome?.kind === "cancelled", "its end");
    const late = await connect(id, 3);
    const [code] = (await once(late.socket, "close")) as [number];
    expect(code).toBe(1000);
  });
});

test.each(["00000000-0000-4000-8000-000000000000", "x"])("the socket of %s is closed: it is no kernel of ours", async (id) => {
  const socket = new WebSocket(`${app.url.replace("http", "ws")}/kernel/${id}/channels`);
  await once(socket, "close");
});

test("nonsense is dropped, and too many waiting computations are refused", async () => {
  const { line, heard } = await overWebSocket(app.url);
  for (const text of [
    "",
    "{",
    "[]",
    '{"header":1}',
    '{"header":{"msg_type":1,"msg_id":2}}',
    '{"header":{"msg_type":"x","msg_id":""}}',
  ])
    line.send(text);
  for (let n = 0; n < 40; n++) line.send(execute("1"));
  await until(() => heard.of("execute_reply").length >= 8, "refusals");
  expect(heard.of("execute_reply")[0]?.content).toMatchObject({ status: "error", ename: "Refused" });
  expect(app.core.entries.size).toBe(1);
  line.close();
});

describe.each(["websocket", "xhr-streaming", "xhr-polling"])("SockJS by %s", (transport) => {
  test("carries several kernels, each with its own messages", async () => {
    const { line, kernel } = await overSockJs(app.url, transport);
    const kernels = await Promise.all([1, 2].map(async () => kernel((await startKernel(app.url)).id)));
    for (const [n, { line: own, heard }] of kernels.entries()) {
      own.send(execute(`print(${n})`));
      const id = await submitted(n + 1);
      app.core.say(id, `${n}\n`);
      app.core.message(id, replyOk);
      app.core.finish(id);
      await heard.dead();
      expect(heard.text).toBe(`${n}\n`);
    }
    line.close();
  });
});

test("SockJS' own words: a welcome, broken JSON, a session that is not there", async () => {
  expect(await (await app.get("/sockjs")).text()).toBe("Welcome to SockJS!\n");
  const info = (await (await app.get("/sockjs/info")).json()) as object;
  expect(info).toMatchObject({ websocket: true, origins: ["*:*"] });
  const opened = await fetch(`${app.url}/sockjs/000/abc/xhr`, { method: "POST" });
  expect(await opened.text()).toBe("o\n");
  const send = (id: string, body: string) => fetch(`${app.url}/sockjs/000/${id}/xhr_send`, { method: "POST", body });
  expect((await send("abc", '["x"]')).status).toBe(204);
  expect((await send("abc", "[")).status).toBe(400);
  expect((await send("abd", "[]")).status).toBe(404);
});

test("a session that is open by one poll tells a second one so", async () => {
  await fetch(`${app.url}/sockjs/000/abc/xhr`, { method: "POST" });
  const waits = new AbortController();
  void fetch(`${app.url}/sockjs/000/abc/xhr`, { method: "POST", signal: waits.signal }).catch(() => {});
  await until(() => app.logged().length >= 1, "the first answer");
  let text = "";
  for (let tried = 0; tried < 50 && !text.startsWith("c"); tried++) {
    const second = await fetch(`${app.url}/sockjs/000/abc/xhr`, { method: "POST", signal: AbortSignal.timeout(200) }).catch(
      () => undefined,
    );
    text = (await second?.text()) ?? "";
  }
  expect(text).toBe('c[2010,"Another connection still open"]\n');
  waits.abort();
});
