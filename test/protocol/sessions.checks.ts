/** Any server of the interface: sessions; next: files.checks.ts. */
import { sessionView } from "#gateway/http/schemas.ts";
import {
  ask,
  cleanUp,
  finish,
  ofType,
  openSession,
  post,
  problemOf,
  readUntil,
  run,
  submit,
  text,
} from "#test/protocol/client.ts";

afterAll(cleanUp);

describe("a session", () => {
  /** One for all, in this order: each takes a kernel for itself, which a server may have to start. */
  let sessionId: string;
  let links: Awaited<ReturnType<typeof openSession>>["links"];
  beforeAll(async () => {
    ({ id: sessionId, links } = await openSession());
  });

  test("keeps its variables and its files from one computation to the next, in order", async () => {
    const first = await submit({ code: "x = 41; open('kept.txt', 'w').write('kept')", sessionId });
    const second = await submit({ code: "x += 1; print(x, open('kept.txt').read())", sessionId });
    expect((await finish(first)).outcome.kind).toBe("ok");
    expect(text((await finish(second)).messages)).toBe("42 kept\n");
    const ids: string[] = [];
    for (let n = 0; n < 6; n++)
      ids.push(await submit({ code: `x = ${n} if x == ${n - 1} or ${n} == 0 else None; x`, sessionId }));
    for (const id of ids) expect((await finish(id)).outcome.kind).toBe("ok");
    expect(text((await run({ code: "print(x)", sessionId })).messages)).toBe("5\n");
  });
  test("shares nothing with computations that have none", async () => {
    await run({ code: "mine = 1", sessionId });
    expect((await run({ code: "mine" })).outcome.kind).toBe("error");
  });
  test("is interrupted: the code gets KeyboardInterrupt, the variables stay", async () => {
    // The first traceback of a session is slow, and code that does not answer an interrupt soon is killed.
    await run({ code: "x = 5\n1/0", sessionId });
    const id = await submit({ code: "import time\nprint('begun', flush=True)\ntime.sleep(60)", sessionId });
    await readUntil(id, ({ msg_type }) => msg_type === "stream");
    expect((await ask(links.interrupt, { method: "POST" })).status).toBe(204);
    const { messages, outcome } = await finish(id);
    expect(ofType(messages, "error")?.content["ename"]).toBe("KeyboardInterrupt");
    expect(["error", "cancelled"]).toContain(outcome.kind);
    expect(text((await run({ code: "print(x)", sessionId })).messages)).toBe("5\n");
  });
  test("is closed by DELETE; then its state says so and a computation for it is 409", async () => {
    await run({ code: "1", sessionId });
    expect((await ask(links.self, { method: "DELETE" })).status).toBe(204);
    expect(sessionView.parse(await (await ask(links.self)).json()).state).toBe("closed");
    expect(await problemOf(await post({ code: "1", sessionId }))).toMatchObject({ status: 409, code: "sessionClosed" });
  });
  test("that never was is 404", async () => {
    const nobody = `s${"0".repeat(25)}`;
    for (const [method, path] of [
      ["GET", ""],
      ["DELETE", ""],
      ["POST", "/interrupt"],
    ] as const)
      expect(await problemOf(await ask(`/v1/sessions/${nobody}${path}`, { method }))).toMatchObject({ code: "notFound" });
    expect(await problemOf(await post({ code: "1", sessionId: nobody }))).toMatchObject({ code: "notFound" });
  });
});
