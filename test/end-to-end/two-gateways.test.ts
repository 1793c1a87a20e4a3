/** Clients of SageMathCell's and of Jupyter's that begin at one gateway and go on at another; next: abuse.test.ts. */
import { once } from "node:events";
import { jest } from "@jest/globals";
import WebSocket from "ws";
import { type LiveSystem, startLiveSystem } from "#test/end-to-end/live-system.ts";
import { JupyterClient } from "#test/jupyter-client.ts";
import { execute, Heard, message, overSockJs, startKernel } from "#test/sagecell-client.ts";

jest.setTimeout(60_000);

let system: LiveSystem;
let [one, other] = ["", ""];
beforeAll(async () => {
  system = await startLiveSystem({ kernels: 2, kernelsMax: 4, gateways: 2 });
  [one, other] = system.urls as [string, string];
});
afterAll(async () => {
  expect(await system?.end()).toEqual([]);
});

const connect = async (url: string, id: string) => {
  const socket = new WebSocket(`${url.replace("http", "ws")}/kernel/${id}/channels`);
  const heard = new Heard();
  socket.on("message", (data: Buffer) => heard.take(data.toString()));
  await once(socket, "open");
  return { socket, heard };
};

describe("a kernel of SageMathCell's", () => {
  test("that was made at one gateway runs at the other, and both have its files", async () => {
    const { id } = await startKernel(one);
    const { socket, heard } = await connect(other, id);
    socket.send(execute("open('a.csv', 'w').write('1,2')\nprint(6*7)"));
    await heard.dead();
    expect(heard.text).toBe("42\n");
    for (const url of [one, other]) expect(await (await fetch(`${url}/kernel/${id}/files/a.csv`)).text()).toBe("1,2");
    socket.close();
  });
  test("runs nothing a second time at another gateway", async () => {
    const { id } = await startKernel(one);
    const first = await connect(one, id);
    first.socket.send(execute("print(1)"));
    await first.heard.dead();
    const second = await connect(other, id);
    second.socket.send(execute("print(1)"));
    await second.heard.dead();
    expect(second.heard.text).toBe("");
    expect(second.heard.of("error")).toHaveLength(1);
  });
  test("by SockJS at the one, made at the other, with an interact that moves", async () => {
    const { id } = await startKernel(one);
    const { line, kernel } = await overSockJs(other);
    const { line: own, heard } = kernel(id);
    own.send(execute("@interact\ndef f(n=(1..5)):\n    print('n is', n)"));
    const shown = await heard.first(({ content }) => JSON.stringify(content).includes("new_interact_id"), "the interact");
    const data = shown.content["data"] as Record<string, Record<string, unknown>>;
    const interact_id = data["application/sage-interact"]?.["new_interact_id"];
    await heard.first(({ header }) => header.msg_type === "execute_reply", "the reply");
    own.send(message("sagenb.interact.update_interact", { interact_id, values: { n: 3 } }));
    await heard.first(({ content }) => content["text"] === "n is 4\n", "4");
    line.close();
  });
});

describe("a kernel of Jupyter's", () => {
  const start = async (): Promise<string> => {
    const body = JSON.stringify({ name: "sagemath" });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${one}/api/kernels`, { method: "POST", body, headers });
    return ((await answer.json()) as { id: string }).id;
  };
  const text = (messages: { header: { msg_type: string }; content: Record<string, unknown> }[]) =>
    messages.flatMap(({ header, content }) => (header.msg_type === "stream" ? [content["text"]] : [])).join("");

  test("goes on at the other gateway with its variables, and its client is known again by its session_id", async () => {
    const id = await start();
    const before = await JupyterClient.connect(one, id, { sessionId: "mine" });
    await before.execute("a = 7");
    before.socket.terminate();
    const after = await JupyterClient.connect(other, id, { sessionId: "mine" });
    expect(text(await after.execute("print(a)"))).toBe("7\n");
    expect((await fetch(`${other}/api/kernels/${id}`)).status).toBe(200);
    after.socket.close();
  });
  test("that is restarted at one gateway is new at both, under its id", async () => {
    const id = await start();
    const [here, there] = [await JupyterClient.connect(one, id), await JupyterClient.connect(other, id)];
    await here.execute("a = 7");
    expect(text(await there.execute("print(a)"))).toBe("7\n");
    expect((await fetch(`${other}/api/kernels/${id}/restart`, { method: "POST" })).status).toBe(200);
    const cell = await there.execute("print('a' in globals())");
    expect(text(cell)).toBe("False\n");
    await here.until(() => here.heard.some(({ content }) => content["execution_state"] === "starting"), "the restart");
    expect(text(await here.execute("print('a' in globals())"))).toBe("False\n");
    for (const client of [here, there]) client.socket.close();
  });
  test("that is shut down at one gateway is dead at the other", async () => {
    const id = await start();
    const there = await JupyterClient.connect(other, id);
    await there.execute("1");
    expect((await fetch(`${one}/api/kernels/${id}`, { method: "DELETE" })).status).toBe(204);
    await there.until(() => there.heard.some(({ content }) => content["execution_state"] === "dead"), "its end");
    there.socket.close();
  });
});
