/** Uploads over HTTP; next: app-downloads.test.ts. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { Blobs } from "#filestore/blobs.ts";
import { newComputation } from "#filestore/blobs-contract.ts";
import { sha256Header } from "#protocol/files.ts";
import { listOf, startFilestore, type TestFilestore } from "#test/filestore.ts";

const sha256 = (body: string) => createHash("sha256").update(body).digest("hex");
const code = (answer: { body: Buffer }) => JSON.parse(String(answer.body)).code as string;

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const giveUp = Date.now() + 5000;
  while (!(await condition())) {
    if (Date.now() > giveUp) throw new Error("did not come true within 5 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("uploads", () => {
  let store: TestFilestore;
  beforeAll(async () => {
    store = await startFilestore();
  });
  afterAll(async () => store.stop());
  const list = (computation: string) => listOf(store, computation);
  const unfinished = (at = store) => readdirSync(join(at.root, ".sandcell-uploads"));

  test("a PUT with a grant stores a file: 201; the same again: 200; another under its name: 409", async () => {
    const cid = newComputation();
    expect((await store.put(cid, "a.csv", { body: "1,2" })).status).toBe(201);
    expect((await store.put(cid, "a.csv", { body: "1,2" })).status).toBe(200);
    for (const body of ["1,3", "1", "1,2,3"]) {
      const other = await store.put(cid, "a.csv", { body });
      expect([other.status, code(other)]).toEqual([409, "fileExists"]);
    }
    expect(String((await store.call(store.pathOf(cid, "a.csv"))).body)).toBe("1,2");
  });
  test("a repeat is known after a restart as well", async () => {
    const cid = newComputation();
    await store.put(cid, "a", { body: "x" });
    await store.restart();
    expect((await store.put(cid, "a", { body: "x", headers: { [sha256Header]: sha256("x") } })).status).toBe(200);
    expect((await store.put(cid, "a", { body: "y", headers: { [sha256Header]: sha256("y") } })).status).toBe(409);
  });
  test("of two PUTs of one path at once one stores, the other is a repeat", async () => {
    const cid = newComputation();
    const answers = await Promise.all([1, 2].map(() => store.put(cid, "a", { body: "x".repeat(200_000) })));
    expect(answers.map((a) => a.status).sort()).toEqual([200, 201]);
  });
  test("a body with another digest than was said is refused and not kept", async () => {
    const cid = newComputation();
    const wrong = await store.put(cid, "a", { body: "x", headers: { [sha256Header]: sha256("y") } });
    expect([wrong.status, code(wrong)]).toEqual([400, "invalid"]);
    expect((await store.put(cid, "a", { body: "x", headers: { [sha256Header]: "nonsense" } })).status).toBe(400);
    expect(await list(cid)).toEqual([]);
    expect((await store.put(cid, "a", { body: "x", headers: { [sha256Header]: sha256("x") } })).status).toBe(201);
  });
  test("a body may come in chunks of unknown length", async () => {
    const cid = newComputation();
    const body = (async function* () {
      for (let i = 0; i < 10; i++) yield Buffer.alloc(50_000, i);
    })();
    expect((await store.put(cid, "a", { body })).status).toBe(201);
    expect(await list(cid)).toEqual([{ path: "out/a", size: 500_000 }]);
  });

  describe("the caps of a grant", () => {
    test("hold to the byte, over all PUTs", async () => {
      const cid = newComputation();
      const authorization = store.grant(cid, { bytesMax: 10 });
      expect((await store.put(cid, "a", { body: "x".repeat(6), authorization })).status).toBe(201);
      const over = await store.put(cid, "b", { body: "x".repeat(5), authorization });
      expect([over.status, code(over)]).toEqual([413, "tooLarge"]);
      expect((await store.put(cid, "b", { body: "x".repeat(4), authorization })).status).toBe(201);
      expect((await store.put(cid, "c", { body: "x", authorization })).status).toBe(413);
      expect((await store.put(cid, "c", { body: "", authorization })).status).toBe(201);
      expect((await store.put(cid, "a", { body: "x".repeat(6), authorization })).status).toBe(200);
    });
    test("hold for chunked bodies, of which nothing stays", async () => {
      const cid = newComputation();
      const body = (async function* () {
        for (let i = 0; i < 5; i++) yield Buffer.alloc(100_000);
      })();
      const over = await store.put(cid, "a", { body, authorization: store.grant(cid, { bytesMax: 499_999 }) });
      expect(over.status).toBe(413);
      expect(await list(cid)).toEqual([]);
      expect(unfinished()).toEqual([]);
    });
    test("are told to a sender that has not finished yet", async () => {
      const cid = newComputation();
      let sent = 0;
      const body = (async function* () {
        for (; sent < 16; sent++) {
          yield Buffer.alloc(50_000);
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      const over = await store.put(cid, "a", { body, authorization: store.grant(cid, { bytesMax: 60_000 }) });
      expect([over.status, code(over), sent]).toEqual([413, "tooLarge", 16]);
    });
    test("hold when many PUTs race", async () => {
      const cid = newComputation();
      const authorization = store.grant(cid, { bytesMax: 350_000, filesMax: 100 });
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, i) => store.put(cid, `f${i}`, { body: Buffer.alloc(100_000), authorization })),
      );
      expect(answers.filter((a) => a.status === 201)).toHaveLength(3);
      expect(await list(cid)).toHaveLength(3);
      const few = newComputation();
      const two = store.grant(few, { filesMax: 2 });
      const tried = await Promise.all([1, 2, 3, 4].map((i) => store.put(few, `f${i}`, { body: "x", authorization: two })));
      expect(tried.map((a) => a.status).sort()).toEqual([201, 201, 413, 413]);
    });
    test("hold after a restart", async () => {
      const cid = newComputation();
      const authorization = store.grant(cid, { bytesMax: 10, filesMax: 2 });
      await store.put(cid, "a", { body: "x".repeat(8), authorization });
      await store.restart();
      expect((await store.put(cid, "b", { body: "xxx", authorization })).status).toBe(413);
      expect((await store.put(cid, "b", { body: "xx", authorization })).status).toBe(201);
      expect((await store.put(cid, "c", { body: "", authorization })).status).toBe(413);
    });
    test("count inputs and outputs apart", async () => {
      const cid = newComputation();
      const input = store.grant(cid, { right: "in", bytesMax: 4 });
      expect((await store.put(cid, "a", { body: "xxxx", area: "in", authorization: input })).status).toBe(201);
      expect((await store.put(cid, "a", { body: "yyyy", authorization: store.grant(cid, { bytesMax: 4 }) })).status).toBe(201);
    });
  });

  describe("what goes wrong", () => {
    const cutOff = async (at: TestFilestore, cid: string, what: string) => {
      const { hostname, port } = new URL(at.url());
      const socket = connect(Number(port), hostname);
      socket.on("error", () => {});
      socket.write(`PUT ${at.pathOf(cid, "a")} HTTP/1.1\r\nHost: x\r\nAuthorization: ${at.grant(cid)}\r\n${what}`);
      await until(() => unfinished(at).length === 1);
      return socket;
    };
    // So much that it is no longer held in memory.
    const half = "h".repeat(0x30000);
    test.each([`Content-Length: 400000\r\n\r\n${half}`, `Transfer-Encoding: chunked\r\n\r\n30000\r\n${half}\r\n`])(
      "an upload that its sender aborts leaves nothing, and gives its room back",
      async (what) => {
        const cid = newComputation();
        (await cutOff(store, cid, what)).destroy();
        await until(() => unfinished().length === 0);
        expect(await list(cid)).toEqual([]);
        expect(
          (await store.put(cid, "a", { body: Buffer.alloc(1000), authorization: store.grant(cid, { bytesMax: 1000 }) })).status,
        ).toBe(201);
      },
    );
    test("an upload that falls silent is cut and leaves nothing", async () => {
      const impatient = await startFilestore({ idleMs: 300 });
      const cid = newComputation();
      const socket = await cutOff(impatient, cid, `Content-Length: 400000\r\n\r\n${half}`);
      await new Promise((resolve) => socket.once("close", resolve));
      await until(() => unfinished(impatient).length === 0);
      expect(await listOf(impatient, cid)).toEqual([]);
      await impatient.stop();
    });
    test("a big refused body still hears why, or is cut off", async () => {
      const cid = newComputation();
      const authorization = store.grant(cid, { bytesMax: 10 });
      expect((await store.put(cid, "a", { body: Buffer.alloc(900_000), authorization })).status).toBe(413);
      const huge = await store.put(cid, "b", { body: Buffer.alloc(20_000_000), authorization }).catch((error: Error) => error);
      expect(huge instanceof Object && "status" in huge ? huge.status : 413).toBe(413);
      expect(unfinished()).toEqual([]);
    });
    test("a full disk is 507 with Retry-After, an unknown failure 500 without words of ours", async () => {
      let failure: Error = Object.assign(new Error("no space"), { code: "ENOSPC" });
      const failing = await startFilestore({
        blobs: (blobs): Blobs => ({ ...blobs, put: async () => Promise.reject(failure) }),
      });
      const cid = newComputation();
      const { Failure } = await import("#protocol/failures.ts");
      failure = new Failure("storageFull", { cause: failure });
      const full = await failing.put(cid, "a", { body: "x" });
      expect([full.status, code(full), full.headers["retry-after"]]).toEqual([507, "storageFull", "2"]);
      failure = new Error("secret path /data");
      const broken = await failing.put(cid, "a", { body: "x" });
      expect([broken.status, code(broken)]).toEqual([500, "internal"]);
      expect(String(broken.body)).not.toContain("secret");
      await failing.stop();
    });
    test("more uploads than allowed at a time are 503 with Retry-After", async () => {
      const small = await startFilestore({ uploadsMax: 1 });
      const cid = newComputation();
      let go = () => {};
      const wait = new Promise<void>((resolve) => (go = resolve));
      const slow = (async function* () {
        yield Buffer.from(half);
        await wait;
      })();
      const first = small.put(cid, "a", { body: slow });
      await until(() => readdirSync(join(small.root, ".sandcell-uploads")).length === 1);
      const second = await small.put(cid, "b", { body: "x" });
      expect([second.status, second.headers["retry-after"]]).toEqual([503, "1"]);
      go();
      expect((await first).status).toBe(201);
      expect((await small.put(cid, "b", { body: "x" })).status).toBe(201);
      await small.stop();
    });
  });

  test("ten thousand files of a computation are capped, listed and deleted", async () => {
    const cid = newComputation();
    const authorization = store.grant(cid, { filesMax: 10_000 });
    await store.put(cid, "first", { body: "x", authorization });
    const out = join(store.root, cid.slice(-2), cid, "out");
    for (let folder = 0; folder < 100; folder++) mkdirSync(join(out, `d${folder}`));
    for (let i = 0; i < 9998; i++) writeFileSync(join(out, `d${i % 100}/f${i}`), "x");
    await store.restart();
    expect((await store.put(cid, "last", { body: "x", authorization })).status).toBe(201);
    expect((await store.put(cid, "one-more", { body: "x", authorization })).status).toBe(413);
    expect(await list(cid)).toHaveLength(10_000);
    const manage = { authorization: store.grant(cid, { right: "manage" }) };
    expect((await store.call(`/computations/${cid}`, { method: "DELETE", headers: manage })).status).toBe(204);
    expect(await list(cid)).toEqual([]);
    expect((await store.call(store.pathOf(cid, "d1/f1"))).status).toBe(404);
  }, 60_000);
});
