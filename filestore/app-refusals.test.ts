/** What the filestore refuses; next: main.test.ts. */
import { newComputation } from "#filestore/blobs-contract.ts";
import { makeGrant, readGrant } from "#service/file-grants.ts";
import { filestoreSecretForTests, listOf, startFilestore, type TestFilestore } from "#test/filestore.ts";

describe("the filestore refuses", () => {
  let store: TestFilestore;
  beforeAll(async () => {
    store = await startFilestore();
  });
  afterAll(async () => store.stop());
  const list = (computation: string) => listOf(store, computation);

  describe("a grant", () => {
    const claims = (computation: string) => ({ computation, right: "out" as const, filesMax: 9, bytesMax: 9, expiresAt: 2e15 });
    test.each([
      ["none", () => undefined],
      ["of another secret", (cid: string) => `Bearer ${makeGrant("t".repeat(43), claims(cid))}`],
      [
        "with changed claims",
        (cid: string) => {
          const signature = makeGrant(filestoreSecretForTests, claims(cid)).split(".")[1];
          return `Bearer ${Buffer.from(JSON.stringify({ ...claims(cid), bytesMax: 1e9 })).toString("base64url")}.${signature}`;
        },
      ],
      ["without signature", (cid: string) => `Bearer ${makeGrant(filestoreSecretForTests, claims(cid)).split(".")[0]}.`],
      ["that has expired", (cid: string) => store.grant(cid, { expiresAt: store.clock.now })],
      ["of nonsense", () => "Bearer a.b"],
      ["that is the secret itself", () => `Bearer ${filestoreSecretForTests}`],
    ])("%s is refused with 401, and the body is not kept", async (_, make) => {
      const cid = newComputation();
      const authorization = make(cid);
      const answer = await store.call(store.pathOf(cid, "a"), {
        method: "PUT",
        body: "x",
        headers: authorization ? { authorization } : {},
      });
      expect([answer.status, answer.headers["www-authenticate"]]).toEqual([401, "Bearer"]);
      expect(await list(cid)).toEqual([]);
    });
    test("holds for its own computation, area and purpose only: 403", async () => {
      const [cid, other] = [newComputation(), newComputation()];
      const put = (more: object) => store.put(cid, "a", { body: "x", ...more });
      expect((await put({ authorization: store.grant(other) })).status).toBe(403);
      expect((await put({ area: "in" })).status).toBe(403);
      expect((await put({ authorization: store.grant(cid, { right: "manage" }) })).status).toBe(403);
      expect((await put({ authorization: store.grant(cid, { right: "in" }) })).status).toBe(403);
      for (const method of ["GET", "DELETE"])
        expect(
          (await store.call(`/computations/${cid}`, { method, headers: { authorization: store.grant(cid) } })).status,
        ).toBe(403);
    });
    test("is read as it was made", () => {
      const made = claims(newComputation());
      expect(readGrant(filestoreSecretForTests, `bearer ${makeGrant(filestoreSecretForTests, made)}`, 0)).toEqual(made);
    });
  });

  describe("a path", () => {
    test.each([
      "..",
      "%2e%2e/x",
      "a/%2e%2e/%2e%2e/b",
      "a%2f..%2fb",
      "..%2f..%2fetc%2fpasswd",
      "%2fetc%2fpasswd",
      "a//b",
      "a/",
      "./a",
      "a%00b",
      "a%0d%0aSet-Cookie:x",
      "a%5cb",
      "%e2%80%aegpj.exe",
      "%c2%85",
      ".sandcell-uploads/x",
      "a/.sandcell",
      `${"x".repeat(256)}`,
      `${"x/".repeat(16)}y`,
      `${`${"x".repeat(200)}/`.repeat(6)}y`,
      "%ff",
      "%ed%a0%80",
      "%",
    ])("%s is refused", async (path) => {
      const cid = newComputation();
      const answer = await store.call(`/computations/${cid}/out/${path}`, {
        method: "PUT",
        body: "x",
        headers: { authorization: store.grant(cid) },
      });
      expect([400, 404]).toContain(answer.status);
      expect(await list(cid)).toEqual([]);
      expect((await store.call(`/computations/${cid}/out/${path}`)).status).toBeGreaterThanOrEqual(400);
    });
    test.each([
      "a b.txt",
      "sub/dir/ü😀.csv",
      "-rf",
      "con",
      "__proto__",
      "...",
      ".hidden",
      "a%b",
      "e\u0301",
      `${"ü".repeat(127)}`,
    ])("%s is taken", async (path) => {
      const cid = newComputation();
      expect((await store.put(cid, path, { body: "x" })).status).toBe(201);
      expect(await list(cid)).toEqual([{ path: `out/${path}`, size: 1 }]);
      expect((await store.call(store.pathOf(cid, path))).status).toBe(200);
    });
  });

  test("methods and addresses it does not have", async () => {
    const cid = newComputation();
    expect((await store.call(store.pathOf(cid, "a"), { method: "POST" })).status).toBe(405);
    for (const path of [
      "/",
      "/computations",
      "/computations/c1/out/a",
      `/computations/${cid}/other/a`,
      `/computations/${cid}/out`,
    ])
      expect((await store.call(path)).status).toBe(404);
  });
  test("to list or delete without a grant to manage", async () => {
    const cid = newComputation();
    await store.put(cid, "a", { body: "x" });
    for (const method of ["GET", "DELETE"]) expect((await store.call(`/computations/${cid}`, { method })).status).toBe(401);
    expect(await list(cid)).toHaveLength(1);
  });
});
