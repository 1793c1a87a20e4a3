/** JupyterLab's own client library, and nbclient over Jupyter Server's gateway, against the real system; next: thebe.test.ts. */
import { spawn } from "node:child_process";
import { jest } from "@jest/globals";
import { type Kernel, KernelManager, type KernelMessage, ServerConnection, SessionManager } from "@jupyterlab/services";
import WebSocket from "ws";
import { type LiveSystem, startLiveSystem } from "#test/end-to-end/live-system.ts";

jest.setTimeout(60_000);

const interact = "@interact\ndef f(n=slider(1, 5)):\n    print('n is', n)\n    return n^2";
let system: LiveSystem;
let manager: KernelManager;
let kernel: Kernel.IKernelConnection;
const settings = () =>
  ServerConnection.makeSettings({
    baseUrl: system.url,
    wsUrl: system.url.replace(/^http/, "ws"),
    token: "a word of my own",
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
  });
beforeAll(async () => {
  system = await startLiveSystem({ kernels: 2, kernelsMax: 2 });
  manager = new KernelManager({ serverSettings: settings() });
  kernel = await manager.startNew({ name: "sagemath" });
});
afterAll(async () => {
  kernel?.dispose();
  manager?.dispose();
  expect(await system?.end()).toEqual([]);
});

type Heard = { type: string; content: Record<string, unknown> };
const run = async (
  code: string,
  { options = {}, answer = "" }: { options?: Partial<KernelMessage.IExecuteRequestMsg["content"]>; answer?: string } = {},
) => {
  const heard: Heard[] = [];
  const future = kernel.requestExecute({ code, ...options });
  future.onIOPub = ({ header, content }) => void heard.push({ type: header.msg_type, content: content as Heard["content"] });
  future.onStdin = () => kernel.sendInputReply({ value: answer, status: "ok" }, future.msg.header as never);
  const reply = (await future.done) as KernelMessage.IExecuteReplyMsg;
  const of = (type: string) => heard.filter((one) => one.type === type).map(({ content }) => content);
  return {
    reply: reply.content,
    heard,
    of,
    text: of("stream")
      .map(({ text }) => text)
      .join(""),
  };
};
const pictureOf = async (code: string): Promise<Buffer> => {
  const { of } = await run(code);
  const { data = {} } = [...of("execute_result"), ...of("display_data")][0] as { data?: Record<string, string> };
  return Buffer.from(data["image/png"] ?? "", "base64");
};

test("tells about itself before any kernel is taken", async () => {
  expect((await kernel.info).language_info.name).toBe("python");
  expect((await kernel.requestComplete({ code: "fac", cursor_pos: 3 })).content).toMatchObject({ matches: [] });
});
test("a cell gives its output, its result in text and LaTeX, and its number", async () => {
  const { reply, heard, of, text } = await run("print('hello'); integrate(x^2, x)");
  expect(heard.map(({ type }) => type)).toEqual(["status", "execute_input", "stream", "execute_result", "status"]);
  expect(text).toBe("hello\n");
  expect(of("execute_result")[0]).toMatchObject({ execution_count: 1, data: { "text/plain": "1/3*x^3" } });
  expect(reply).toMatchObject({ status: "ok", execution_count: 1 });
});
test("a plot is a picture inside the message, a big one too", async () => {
  expect((await pictureOf("plot(sin)")).subarray(1, 4).toString()).toBe("PNG");
  const noise =
    "import numpy\nfrom PIL import Image\nImage.fromarray(numpy.random.randint(0, 255, (400, 400, 3), dtype='uint8'))";
  expect((await pictureOf(noise)).length).toBeGreaterThan(200_000);
});
test("an error is shown and told, and the variables stay", async () => {
  const { reply, of } = await run("a = 41\n1/0");
  expect(reply).toMatchObject({ status: "error", ename: "ZeroDivisionError" });
  expect(of("error")[0]).toMatchObject({ ename: "ZeroDivisionError" });
  expect((await run("a + 1")).of("execute_result")[0]).toMatchObject({ data: { "text/plain": "42" } });
});
test("input() asks the client, or is refused where it may not", async () => {
  expect((await run("print(input('name? '))", { answer: "Ada" })).text).toBe("Ada\n");
  expect((await run("input()", { options: { allow_stdin: false } })).reply).toMatchObject({
    ename: "StdinNotImplementedError",
  });
});
test("completion, help, is-this-complete and history speak of what was defined", async () => {
  await run("my_number = 7");
  expect((await kernel.requestComplete({ code: "my_num", cursor_pos: 6 })).content).toMatchObject({ matches: ["my_number"] });
  const help = await kernel.requestInspect({ code: "factor", cursor_pos: 6, detail_level: 0 });
  expect(JSON.stringify(help.content)).toContain("factor");
  expect((await kernel.requestIsComplete({ code: "for i in range(3):" })).content.status).toBe("incomplete");
  const asked = { hist_access_type: "tail", n: 1, output: false, raw: true } as const;
  const { content } = await kernel.requestHistory(asked);
  expect(content).toMatchObject({ status: "ok", history: [[0, expect.any(Number), "my_number = 7"]] });
});
test("a quiet cell is in no history and has no number", async () => {
  const { reply: before } = await run("1");
  await run("b = 5", { options: { store_history: false } });
  await run("c = 6", { options: { silent: true } });
  const { reply, text } = await run("print(b + c)");
  expect([text, reply.execution_count]).toEqual(["11\n", Number(before.execution_count) + 1]);
});
test("a slider that is moved runs its function, before its request is over", async () => {
  // As a manager of widgets does: a comm that nobody takes is closed at once.
  const comms = new Map<string, Kernel.IComm>();
  kernel.registerCommTarget("jupyter.widget", (comm) => void comms.set(comm.commId, comm));
  const { of } = await run(interact);
  const opened = of("comm_open") as { comm_id: string; data: { state: Record<string, unknown> } }[];
  const slider = opened.find(({ data }) => data.state["_model_name"] === "IntSliderModel");
  const info = await kernel.requestCommInfo({ target_name: "jupyter.widget" });
  expect(Object.keys((info.content as { comms: object }).comms)).toContain(slider?.comm_id);
  const said: unknown[] = [];
  const heard = (_: unknown, { msg, direction }: Kernel.IAnyMessageArgs) => {
    if (direction === "recv" && msg.header.msg_type === "comm_msg") said.push(msg.content);
  };
  kernel.anyMessage.connect(heard);
  await comms.get(slider?.comm_id ?? "")?.send({ method: "update", state: { value: 3 }, buffer_paths: [] }).done;
  kernel.anyMessage.disconnect(heard);
  expect(JSON.stringify(said)).toContain("n is 3");
  expect(JSON.stringify(said)).toContain('"text/plain":"9"');
});
test("a comm carries bytes both ways", async () => {
  const code =
    "from comm import get_comm_manager\n" +
    "def opened(c, m):\n" +
    "    c.on_msg(lambda m: c.send({'n': len(m['buffers'])}, buffers=[bytes(m['buffers'][0])[::-1]]))\n" +
    "get_comm_manager().register_target('echo', opened)";
  expect((await run(code)).reply.status).toBe("ok");
  const comm = kernel.createComm("echo");
  const answered = new Promise<KernelMessage.ICommMsgMsg>((resolve) => {
    comm.onMsg = resolve;
  });
  await comm.open({}).done;
  comm.send({}, undefined, [new Uint8Array([1, 2, 3]).buffer]);
  const { content, buffers } = await answered;
  expect(content.data).toEqual({ n: 1 });
  const [bytes] = buffers as DataView[];
  expect([0, 1, 2].map((at) => bytes?.getUint8(at))).toEqual([3, 2, 1]);
  const nobody = kernel.createComm("nobody");
  const closed = new Promise((resolve) => {
    nobody.onClose = resolve;
  });
  nobody.open({});
  await closed;
});
test("an interrupt stops a cell, and the variables stay", async () => {
  const future = kernel.requestExecute({ code: "print('begun')\nwhile True: pass" });
  await new Promise<void>((resolve) => {
    future.onIOPub = ({ header }) => {
      if (header.msg_type === "stream") resolve();
    };
  });
  await kernel.interrupt();
  expect((await future.done)?.content).toMatchObject({ status: "error", ename: "KeyboardInterrupt" });
  expect((await run("print(a)")).text).toBe("41\n");
});
test("an interrupt reaches what a moved slider started", async () => {
  const comms = new Map<string, Kernel.IComm>();
  kernel.registerCommTarget("jupyter.widget", (comm) => void comms.set(comm.commId, comm));
  const { of } = await run("@interact\ndef f(n=slider(1, 5)):\n    while n == 5: pass");
  const opened = of("comm_open") as { comm_id: string; data: { state: Record<string, unknown> } }[];
  const slider = opened.find(({ data }) => data.state["_model_name"] === "IntSliderModel");
  const moved = comms.get(slider?.comm_id ?? "")?.send({ method: "update", state: { value: 5 }, buffer_paths: [] });
  let over = false;
  const done = moved?.done.then(() => {
    over = true;
  });
  // The first may come before the kernel has begun.
  while (!over) {
    await kernel.interrupt();
    await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 500))]);
  }
  expect((await run("print(a)")).text).toBe("41\n");
});
test("a restart forgets all and counts anew, under the same id", async () => {
  const { id } = kernel;
  await kernel.restart();
  const { reply, text } = await run("print('a' in globals())");
  expect([kernel.id, reply.execution_count, text]).toEqual([id, 1, "False\n"]);
});
test("a kernel that dies is dead, and its cell says why", async () => {
  const { reply, of } = await run("import os; os._exit(1)");
  expect(reply.status).toBe("error");
  expect(of("error")).toHaveLength(1);
});
test("a session has a kernel under a path, and ends with it", async () => {
  const sessions = new SessionManager({ serverSettings: settings(), kernelManager: manager });
  const session = await sessions.startNew({ path: "a.ipynb", name: "a", type: "notebook", kernel: { name: "python3" } });
  const future = session.kernel?.requestExecute({ code: "print(7^2)" });
  const texts: string[] = [];
  if (future)
    future.onIOPub = ({ header, content }) =>
      void (header.msg_type === "stream" && texts.push((content as { text: string }).text));
  await future?.done;
  expect(texts).toEqual(["5\n"]);
  expect([...sessions.running()].map(({ path }) => path)).toEqual(["a.ipynb"]);
  await session.shutdown();
  await sessions.refreshRunning();
  expect([...sessions.running()]).toEqual([]);
  sessions.dispose();
});

// A notebook by nbclient, as `jupyter lab --gateway-url` runs its cells.

type Output = {
  output_type: string;
  text?: string[];
  ename?: string;
  data?: Record<string, string | string[]>;
  execution_count?: number;
};
type Cell = { outputs: Output[]; execution_count: number | null };
type Notebook = { cells: Cell[]; metadata: { language_info?: { name: string }; widgets?: Record<string, { state: object }> } };

const env = { ...process.env, PYTHONPATH: process.env["SANDCELL_JUPYTER_PACKAGES"] ?? "" };
const script = new URL("../jupyter/run_notebook.py", import.meta.url).pathname;

const notebookOf = (kernel: string, sources: string[]) => ({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { kernelspec: { name: kernel, display_name: kernel } },
  cells: sources.map((source, n) => ({
    cell_type: "code",
    id: `c${n}`,
    source,
    outputs: [],
    metadata: {},
    execution_count: null,
  })),
});
const runNotebook = (notebook: object) =>
  new Promise<Notebook>((resolve, reject) => {
    const child = spawn("python3", [script, system.url], { env, stdio: ["pipe", "pipe", "pipe"], timeout: 50_000 });
    let [text, errors] = ["", ""];
    child.stdout.on("data", (piece) => {
      text += piece;
    });
    child.stderr.on("data", (piece) => {
      errors += piece;
    });
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve(JSON.parse(text) as Notebook) : reject(new Error(`${code}: ${errors.slice(-2000)}`)),
    );
    child.stdin.end(JSON.stringify(notebook));
  });
const typesOf = ({ outputs }: Cell) => outputs.map(({ output_type }) => output_type);

test("a notebook runs from its first cell to its last, with plots, a slider, an update, and an error", async () => {
  const { cells, metadata } = await runNotebook(
    notebookOf("sagemath", [
      "a = 2^10\nprint('hello')\na",
      "plot(sin, (0, 5))",
      "@interact\ndef f(n=slider(1, 5)):\n    print('n is', n)",
      "from IPython.display import display\nhandle = display('before', display_id=True)\nhandle.update('after');",
      "1/0",
    ]),
  );
  const [first, plot, slider, update, error] = cells as [Cell, Cell, Cell, Cell, Cell];
  expect(cells.map(({ execution_count }) => execution_count)).toEqual([1, 2, 3, 4, 5]);
  expect(first.outputs[0]?.text).toEqual(["hello\n"]);
  expect(first.outputs[1]).toMatchObject({
    output_type: "execute_result",
    data: { "text/plain": ["1024"] },
    execution_count: 1,
  });
  expect(Buffer.from(String(plot.outputs[0]?.data?.["image/png"]), "base64").subarray(1, 4).toString()).toBe("PNG");
  expect(slider.outputs.flatMap(({ data }) => Object.keys(data ?? {}))).toContain("application/vnd.jupyter.widget-view+json");
  const { state = {} } = metadata.widgets?.["application/vnd.jupyter.widget-state+json"] ?? {};
  expect(JSON.stringify(state)).toContain("IntSliderModel");
  expect(update.outputs.map(({ data }) => data?.["text/plain"])).toEqual([["'after'"]]);
  expect([typesOf(error), error.outputs[0]?.ename]).toEqual([["error"], "ZeroDivisionError"]);
  expect(metadata.language_info?.name).toBe("python");
});
