/** Any server of the interface: computations; next: messages.checks.ts. */
import { computationView } from "#gateway/http/schemas.ts";
import {
  ask,
  cleanUp,
  data,
  finish,
  ofType,
  post,
  problemOf,
  read,
  readUntil,
  run,
  submit,
  text,
} from "#test/protocol/client.ts";

afterAll(cleanUp);
const random = () => crypto.randomUUID();

describe("a computation", () => {
  test("is accepted with 201 and an address where it can be looked at", async () => {
    const response = await post({ code: "1+1" });
    expect(response.status).toBe(201);
    const view = computationView.parse(await response.json());
    expect(response.headers.get("location")).toBe(view.links.self);
    await finish(view.id);
    const after = computationView.parse(await (await ask(view.links.self)).json());
    expect(after).toMatchObject({ id: view.id, state: "finished", outcome: { kind: "ok" } });
  });
  test("1+1 is 2, as text and as LaTeX, and ends with execute_reply", async () => {
    const { messages, outcome, id } = await run({ code: "1+1" });
    expect(outcome).toMatchObject({ kind: "ok", lastNumber: messages.length, files: [] });
    const result = ofType(messages, "execute_result");
    expect(data(result)["text/plain"]).toBe("2");
    expect(data(result)["text/latex"]).toMatch(/2/);
    expect(messages.at(-1)).toMatchObject({ msg_type: "execute_reply", content: { status: "ok" } });
    expect(messages[0]).toMatchObject({ msg_id: `${id}-1`, parent_header: { msg_id: id, version: "5.4" } });
  });
  test("in Python is Python", async () => {
    const { messages } = await run({ code: "print(2^3, 7/2)", language: "python" });
    expect(text(messages)).toBe("1 3.5\n");
  });
  test("keeps the order in which it wrote, stdout and stderr told apart", async () => {
    const code =
      "import sys\nfor i in range(3):\n    print('o%d' % i, flush=True)\n    print('e%d' % i, file=sys.stderr, flush=True)";
    const { messages } = await run({ code });
    const written = messages.filter(({ msg_type }) => msg_type === "stream").map(({ content }) => content["text"]);
    expect(written.join("")).toBe("o0\ne0\no1\ne1\no2\ne2\n");
    expect(text(messages, "stderr")).toBe("e0\ne1\ne2\n");
  });
  test("that fails has a traceback and the outcome error", async () => {
    const { messages, outcome } = await run({ code: "1/0" });
    expect(outcome.kind).toBe("error");
    const error = ofType(messages, "error");
    expect(error?.content).toMatchObject({ ename: "ZeroDivisionError", traceback: expect.any(Array) });
    expect(ofType(messages, "execute_reply")?.content["status"]).toBe("error");
  });
  test("evaluates the expressions it was given", async () => {
    const { messages } = await run({ code: "x = 20", expressions: { double: "x + x", wrong: "nowhere" } });
    const named = ofType(messages, "execute_reply")?.content["user_expressions"] as Record<
      string,
      { status: string; data: object }
    >;
    expect(named["double"]).toMatchObject({ status: "ok", data: { "text/plain": "40" } });
    expect(named["wrong"]).toMatchObject({ status: "error" });
  });
  test("that takes too long ends with timeout", async () => {
    const { outcome } = await run({ code: "while True: pass", timeoutSeconds: 1 });
    expect(outcome.kind).toBe("timeout");
    expect(outcome.message).not.toBe("");
  });
  test("is cancelled by DELETE while it runs; a second DELETE is 409 once it is over", async () => {
    const id = await submit({ code: "print('begun', flush=True)\nwhile True: pass" });
    await readUntil(id, ({ msg_type }) => msg_type === "stream");
    const remove = () => ask(`/v1/computations/${id}`, { method: "DELETE" });
    expect((await remove()).status).toBe(202);
    expect((await finish(id)).outcome.kind).toBe("cancelled");
    const again = await remove();
    expect(await problemOf(again)).toMatchObject({ status: 409, code: "alreadyFinished" });
  });
  test("knows nothing of the one before it", async () => {
    await run({ code: "leftover = 1; open('left.txt', 'w').write('x')" });
    const { messages, outcome } = await run({ code: "import os\nprint(os.listdir('.'))\nleftover" });
    expect(outcome.kind).toBe("error");
    expect(ofType(messages, "error")?.content["ename"]).toBe("NameError");
    expect(text(messages)).toBe("[]\n");
  });
});

describe("input()", () => {
  test("is answered by POST, once", async () => {
    const id = await submit({ code: "name = input('who? ')\nprint('hello', name)" });
    await readUntil(id, ({ msg_type, content }) => msg_type === "input_request" && content["prompt"] === "who? ");
    expect((await ask(`/v1/computations/${id}/input`, { json: { value: "wörld" } })).status).toBe(204);
    const { messages, outcome } = await finish(id);
    expect([text(messages), outcome.kind]).toEqual(["hello wörld\n", "ok"]);
    const late = await ask(`/v1/computations/${id}/input`, { json: { value: "x" } });
    expect(await problemOf(late)).toMatchObject({ code: "alreadyFinished" });
  });
  test("is an error at once where it is not allowed", async () => {
    const { messages, outcome } = await run({ code: "input()", allowInput: false });
    expect(outcome.kind).toBe("error");
    expect(ofType(messages, "error")?.content["ename"]).toMatch(/Stdin|EOF|Error/);
  });
  test("that nobody asked for is refused", async () => {
    const id = await submit({ code: "import time\nprint('x', flush=True)\ntime.sleep(20)" });
    await readUntil(id, ({ msg_type }) => msg_type === "stream");
    expect(await problemOf(await ask(`/v1/computations/${id}/input`, { json: { value: "" } }))).toMatchObject({
      code: "notWaitingForInput",
    });
    await ask(`/v1/computations/${id}`, { method: "DELETE" });
  });
});

describe("an Idempotency-Key", () => {
  test("makes a repeat the same computation, at once and after its end; another body is 422", async () => {
    const key = { "idempotency-key": random() };
    const first = await post({ code: "print('once')" }, key);
    const again = await post({ code: "print('once')" }, key);
    expect([first.status, again.status]).toEqual([201, 200]);
    const { id } = computationView.parse(await first.json());
    expect(computationView.parse(await again.json()).id).toBe(id);
    expect(text((await finish(id)).messages)).toBe("once\n");
    const late = await post({ code: "print('once')" }, key);
    expect(computationView.parse(await late.json())).toMatchObject({ id, state: "finished" });
    expect(await problemOf(await post({ code: "print('twice')" }, key))).toMatchObject({ status: 422, code: "keyReused" });
    expect((await read(id)).messages.filter(({ msg_type }) => msg_type === "stream")).toHaveLength(1);
  });
  test("of five that race, one computation comes", async () => {
    const key = { "idempotency-key": random() };
    const ids = await Promise.all(Array.from({ length: 5 }, () => submit({ code: "1" }, key)));
    expect(new Set(ids).size).toBe(1);
    await finish(ids[0] ?? "");
  });
});
