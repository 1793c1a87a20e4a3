/** Any server of the interface: files; next: problems.checks.ts. */
import { createHash } from "node:crypto";
import { ask, cleanUp, finish, problemOf, run, submit, text } from "#test/protocol/client.ts";

afterAll(cleanUp);

describe("files", () => {
  test("go in as text and as base64, under their paths", async () => {
    const code = "print(open('d/a.txt', encoding='utf8').read(), list(open('b.bin', 'rb').read()))";
    const files = [
      { path: "d/a.txt", content: "grüß" },
      { path: "b.bin", base64: "AP8=" },
    ];
    const { messages, outcome } = await run({ code, files, language: "python" });
    expect(text(messages)).toBe("grüß [0, 255]\n");
    expect(outcome.files).toEqual([]);
  });
  test("that the code made are listed with size and digest, and come whole, in ranges, and not twice to who has them", async () => {
    const code = "import os\nos.mkdir('d')\nopen('d/ä b.txt', 'w').write('0123456789')";
    const { outcome } = await run({ code });
    const sha256 = createHash("sha256").update("0123456789").digest("hex");
    expect(outcome.files).toEqual([{ path: "d/ä b.txt", size: 10, sha256, link: expect.any(String) }]);
    const link = outcome.files[0]?.link ?? "";
    const whole = await ask(link);
    expect([whole.status, await whole.text()]).toEqual([200, "0123456789"]);
    expect(whole.headers.get("x-content-type-options")).toBe("nosniff");
    expect(whole.headers.get("content-security-policy")).toMatch(/sandbox/);
    expect(whole.headers.get("accept-ranges")).toBe("bytes");
    const part = await ask(link, { headers: { range: "bytes=2-4" } });
    expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([206, "bytes 2-4/10", "234"]);
    const tail = await ask(link, { headers: { range: "bytes=-3" } });
    expect([tail.status, await tail.text()]).toEqual([206, "789"]);
    const outside = await ask(link, { headers: { range: "bytes=10-" } });
    expect(outside.headers.get("content-range")).toBe("bytes */10");
    expect(await problemOf(outside)).toMatchObject({ status: 416, code: "rangeNotSatisfiable" });
    const head = await ask(link, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "10", ""]);
    const etag = whole.headers.get("etag");
    expect(etag).not.toBeNull();
    expect((await ask(link, { headers: { "if-none-match": etag ?? "" } })).status).toBe(304);
  });
  test("that are not there, or have a name that leads elsewhere, are 404", async () => {
    const { id } = await finish(await submit({ code: "1" }));
    for (const path of ["nothing.txt", "..%2f..%2fin%2fa.txt", "%2e%2e/x", "a%00b"])
      expect(await problemOf(await ask(`/files/${id}/${path}`))).toMatchObject({ code: "notFound" });
    expect(await problemOf(await ask(`/files/c${"0".repeat(25)}/a`))).toMatchObject({ code: "notFound" });
  });
  test("sent along cannot be read by who knows the id", async () => {
    const { id } = await run({ code: "1", files: [{ path: "secret.txt", content: "secret" }] });
    for (const path of ["secret.txt", "in/secret.txt"]) expect((await ask(`/files/${id}/${path}`)).status).toBe(404);
  });
  test("a picture comes with its message and is not listed again", async () => {
    const { messages, outcome } = await run({ code: "plot(sin(x), (x, 0, 6))" });
    expect(outcome.kind).toBe("ok");
    const shown = messages.find(({ content, metadata }) => {
      const types = [...Object.keys((content["data"] as object) ?? {}), ...Object.keys((metadata["links"] as object) ?? {})];
      return types.some((type) => type.startsWith("image/"));
    });
    expect(shown?.msg_type).toMatch(/display_data|execute_result/);
    expect(outcome.files).toEqual([]);
  });
});
