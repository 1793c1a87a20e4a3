/** Clients of SageMathCell's against the real system, unchanged but for the host; next: live-system.ts. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { jest } from "@jest/globals";
import { type LiveSystem, startLiveSystem } from "#test/end-to-end/live-system.ts";
import { execute, message, overSockJs, overWebSocket, startKernel } from "#test/sagecell-client.ts";

jest.setTimeout(60_000);

let system: LiveSystem;
beforeAll(async () => {
  system = await startLiveSystem({ kernels: 2, kernelsMax: 3 });
});
afterAll(async () => {
  expect(await system?.end()).toEqual([]);
});

const overOneConnection = async (codes: string[]) => {
  const { line, kernel } = await overSockJs(system.url);
  const ran = await Promise.all(
    codes.map(async (code) => {
      const { id } = await startKernel(system.url);
      const { line: own, heard } = kernel(id);
      own.send(execute(code));
      await heard.dead();
      return { id, heard };
    }),
  );
  line.close();
  return ran;
};
const dataOf = (content: Record<string, unknown> | undefined) => content?.["data"] as Record<string, string>;

test("by SockJS: streams, a value, an error, a picture and files, in several cells at once", async () => {
  const [text, error, plot] = await overOneConnection([
    "print('hello'); factor(12)",
    "1/0",
    "open('a.csv','w').write('1,2')\nplot(x, (x, 0, 1))",
  ]);
  expect(text?.heard.text).toBe("hello\n");
  expect(dataOf(text?.heard.of("execute_result")[0]?.content)["text/plain"]).toBe("2^2 * 3");
  expect(error?.heard.of("error")[0]?.content).toMatchObject({ ename: "ZeroDivisionError" });
  const name = dataOf(plot?.heard.of("display_data")[0]?.content)["text/image-filename"];
  const files = `${system.url}/kernel/${plot?.id}/files`;
  const picture = await fetch(`${files}/${name}`);
  expect([picture.status, picture.headers.get("content-type")]).toEqual([
    200,
    expect.stringMatching(/^image\/(png|svg\+xml)$/),
  ]);
  const payload = (await plot?.heard.reply())?.content["payload"];
  expect(payload).toMatchObject([{ new_files: ["a.csv"] }]);
  expect(await (await fetch(`${files}/a.csv`)).text()).toBe("1,2");
});

test("linked cells share a kernel, in the order in which they were sent, and help is to be had", async () => {
  const { line, heard } = await overWebSocket(system.url, "inf");
  line.send(execute("shared_value = 6"));
  line.send(execute("print(shared_value * 7)"));
  await heard.first(({ content }) => content["text"] === "42\n", "42");
  await heard.first(({ header, content }) => header.msg_type === "status" && content["execution_state"] === "idle");
  // As SageMathCell's editor asks: version 4 of the protocol.
  line.send(message("complete_request", { text: "", line: "shared_va", cursor_pos: 9 }));
  expect((await heard.reply("complete_reply")).content).toMatchObject({ matches: ["shared_value"], matched_text: "shared_va" });
  line.send(message("object_info_request", { oname: "factor", detail_level: 0 }));
  expect(String((await heard.reply("object_info_reply")).content["docstring"])).toContain("factor");
  line.close();
});

test("an interact sends its controls, and a moved slider brings new output into its place", async () => {
  const { line, heard } = await overWebSocket(system.url);
  line.send(execute("@interact\ndef f(n=slider(1, 5, 1), word=['red', 'blue']):\n    print(n, word)\n    return plot(x + n)"));
  const shown = await heard.first(
    ({ content }) => dataOf(content)?.["application/sage-interact"] !== undefined,
    "the interact",
  );
  const interact = (shown.content["data"] as Record<string, Record<string, unknown>>)["application/sage-interact"];
  expect(interact).toMatchObject({
    controls: {
      n: {
        control_type: "slider",
        subtype: "discrete",
        range: [0, 4],
        values: ["1", "2", "3", "4", "5"],
        default: 0,
        label: "n",
      },
      word: { control_type: "selector", subtype: "button", value_labels: ["red", "blue"], default: 0, label: "word" },
    },
    layout: [[["n", 12]], [["word", 12]], [["_output", 12]]],
  });
  const interact_id = interact?.["new_interact_id"];
  await heard.first(
    ({ content, metadata }) => content["text"] === "1 red\n" && metadata["interact_id"] === interact_id,
    "1 red",
  );
  line.send(message("sagenb.interact.update_interact", { interact_id, values: { n: 2 }, update_last: false }));
  expect((await heard.reply("sagenb.interact.update_interact_reply")).content["status"]).toBe("ok");
  await heard.first(
    ({ content, metadata }) => content["text"] === "3 red\n" && metadata["interact_id"] === interact_id,
    "3 red",
  );
  // Nobody could fetch it by its number: it is in the message.
  const plots = heard.of("display_data").map(({ content }) => dataOf(content));
  expect(plots.find((data) => data["image/png"] !== undefined && data["text/image-filename"] === undefined)).toBeDefined();
  line.send(message("sagenb.interact.update_interact", { interact_id, values: { word: 1 } }));
  await heard.first(({ content }) => content["text"] === "3 blue\n", "3 blue");
  expect(heard.all.some(({ content }) => content["execution_state"] === "dead")).toBe(false);
  line.close();
});

test("controls that wait for a button, the proxy's changes and an interact within another come in SageMathCell's messages", async () => {
  const { line, heard } = await overWebSocket(system.url, "inf");
  const code = `@interact
def f(p, n=MultiSlider(2, slider_type="discrete", values=[[1, 2, 3], [5, 6]]), auto_update=False):
    print("outer", n)
    @interact
    def g(go=ButtonBar(["a", "b"])):
        print("inner", go)`;
  line.send(execute(code));
  const isInteract = ({ content }: { content: Record<string, unknown> }) =>
    "application/sage-interact" in (dataOf(content) ?? {});
  await heard.first(({ content }) => content["text"] === "inner \n", "the inner one's output");
  const [outer, inner] = heard.of("display_data").filter(isInteract);
  const idOf = (message: typeof outer) =>
    ((message?.content["data"] ?? {}) as Record<string, Record<string, unknown>>)["application/sage-interact"]?.[
      "new_interact_id"
    ];
  expect(inner?.metadata["interact_id"]).toBe(idOf(outer));
  const update = (id: unknown, values: object) =>
    line.send(message("sagenb.interact.update_interact", { interact_id: id, values, update_last: false }));
  update(idOf(inner), { go: 1 });
  await heard.first(({ content, metadata }) => content["text"] === "inner b\n" && metadata["interact_id"] === idOf(inner), "b");
  update(idOf(outer), { n: [2, 1] });
  line.send(execute("f.more = ['x', 'y']\nf.n = [2, 5]"));
  const told = (kind: string) =>
    heard.first(({ content }) => `application/sage-interact-${kind}` in (dataOf(content) ?? {}), kind);
  expect((await told("new-control")).content["data"]).toMatchObject({
    "application/sage-interact-new-control": { interact_id: idOf(outer), name: "more", control: { control_type: "selector" } },
  });
  expect((await told("update")).content["data"]).toMatchObject({
    "application/sage-interact-update": { control: "n", value: [1, 0] },
  });
  expect(heard.text).not.toContain("outer [3, 6]");
  line.close();
});

test("a variable's control and an exercise speak by the messages of interacts, also when other code moves them", async () => {
  const { line, heard } = await overWebSocket(system.url, "inf");
  const interacts = () =>
    heard.of("display_data").flatMap(({ content }) => {
      const { "application/sage-interact": shown } = content["data"] as Record<string, { new_interact_id?: string }>;
      return shown ? [shown.new_interact_id] : [];
    });
  const says = (text: string, id: unknown) =>
    heard.first(({ content, metadata }) => {
      const said = content["text"] ?? dataOf(content)?.["text/plain"];
      return said === text && metadata["interact_id"] === id;
    }, text);
  const update = (interact_id: unknown, values: object) =>
    line.send(message("sagenb.interact.update_interact", { interact_id, values, update_last: false }));
  line.send(execute("width = 2\ndynamic(width=(1..9))\ndynamic_expression('width^2')"));
  await heard.reply();
  const [control, square] = interacts();
  await says("4", square);
  update(control, { width: 3 });
  await says("16", square);
  line.send(execute("width = 5"));
  await says("25", square);
  const moved = await heard.first(({ content }) => "application/sage-interact-update" in (dataOf(content) ?? {}), "the move");
  expect(moved.content["data"]).toMatchObject({
    "application/sage-interact-update": { interact_id: control, control: "width", value: 4 },
  });
  line.send(execute('exercise("answer = 42")'));
  await heard.first(() => interacts().length === 4, "the exercise");
  const question = interacts()[3];
  update(question, { attempt: "6 * 7" });
  update(question, { submit: true });
  await says("Correct.\n", question);
  line.close();
});

describe("POST /service", () => {
  /** As PG asks: curl with its status line, and the answer cut out of what curl prints. */
  test("as WeBWorK asks", async () => {
    const code =
      "import json\ndef _webwork_safe_json(o):\n    return json.dumps(o, default=str)\nWEBWORK={'a': 6*7}\nprint('done')";
    const said = await promisify(execFile)("curl", [
      ...["-i", "-k", "-sS", "-L", "--data-urlencode", "accepted_tos=true"],
      ...["--data-urlencode", 'user_expressions={"WEBWORK":"_webwork_safe_json(WEBWORK)"}', "--data-urlencode", `code=${code}`],
      `${system.url}/service`,
    ]);
    const [head = "", body = ""] = said.stdout.split("\r\n\r\n").slice(-2);
    expect(head).toMatch(/^HTTP\/1\.1 200 OK/);
    const answer = JSON.parse(body);
    expect(answer).toMatchObject({ success: true, stdout: "done\n", execute_reply: { status: "ok" } });
    const text = answer.execute_reply.user_expressions.WEBWORK.data["text/plain"] as string;
    expect(JSON.parse(text.replaceAll("'", ""))).toEqual({ a: "42" });
  });
  test("as Lean's polyrith asks, also when the code fails", async () => {
    const ask = async (code: string) => {
      const { stdout } = await promisify(execFile)("curl", [
        ...["-X", "POST", "--user-agent", "LeanProver (https://leanprover-community.github.io/)"],
        ...["--data-raw", `code=${encodeURIComponent(code)}`, `${system.url}/service`],
      ]);
      return JSON.parse(stdout);
    };
    const good = await ask("import json\nR.<x,y> = QQ[]\nprint(json.dumps(str(x*y + 1)))");
    expect([good.success, JSON.parse(good.stdout)]).toEqual([true, "x*y + 1"]);
    const bad = await ask("raise ValueError('no')");
    expect(bad).toMatchObject({ success: false, execute_reply: { ename: "ValueError", evalue: "no" } });
  });
  test("a bare value is not printed", async () => {
    const body = new URLSearchParams({ code: "2+2" });
    const answer = await (await fetch(`${system.url}/service`, { method: "POST", body })).json();
    expect(answer).toMatchObject({ success: true });
    expect(answer).not.toHaveProperty("stdout");
  });
});

test("other languages, wrapped as SageMathCell's own page wraps them", async () => {
  const wrapped = { gp: "2^5", singular: "2*21;" };
  const ran = await overOneConnection(Object.entries(wrapped).map(([name, code]) => `print(${name}.eval("""${code}"""))`));
  expect(ran.map(({ heard }) => heard.text.trim())).toEqual(["32", "42"]);
});
