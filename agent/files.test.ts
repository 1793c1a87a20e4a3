/** Files on their way from a kernel to the filestore; next: outage.test.ts. */
import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { computation, endOf, textOf } from "#test/agent.ts";
import { agentRig } from "#test/agent-rig.ts";

const rig = agentRig();

describe("files", () => {
  const stored = new Map<string, Buffer>();
  let failures = 0;
  let filestore: Server;
  let url = "";
  beforeAll(async () => {
    filestore = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray());
      if (request.headers.authorization !== "Bearer right") return response.writeHead(401).end();
      if (failures > 0) {
        failures--;
        return response.writeHead(500).end();
      }
      const path = decodeURIComponent(request.url ?? "");
      if (request.method === "PUT") {
        if (path.includes("refused")) return response.writeHead(409).end();
        if (request.headers["x-content-sha256"] !== createHash("sha256").update(body).digest("hex"))
          return response.writeHead(422).end();
        stored.set(path, body);
        return response.writeHead(201).end();
      }
      const found = stored.get(path);
      return found ? response.end(found) : response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => filestore.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(filestore.address() as AddressInfo).port}/`;
  });
  afterAll(async () => {
    filestore.closeAllConnections();
    await new Promise((resolve) => filestore.close(resolve));
  });
  const grant = () => ({ grant: { url, token: "right" } });
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

  test("that a computation made are stored and listed with their digest, shown ones only stored, before their message", async () => {
    const agent = await rig.start();
    const large = "y".repeat(800_000);
    const message = { msg_type: "display_data", content: { data: {} } };
    const asked = computation([
      { file: { path: "shown-1.png", text: "png", shown: true } },
      { message },
      { file: { path: "a b/ü.csv", text: "1,2" } },
      { file: { path: "large", text: large } },
      { file: { path: "empty", text: "" } },
    ]);
    const records = await agent.run(asked, grant());
    expect(endOf(records)).toMatchObject({
      kind: "ok",
      files: [
        { path: "a b/ü.csv", size: 3, sha256: sha256("1,2") },
        { path: "large", size: 800_000, sha256: sha256(large) },
        { path: "empty", size: 0 },
      ],
    });
    const at = (path: string) => stored.get(`/computations/${asked.id}/out/${path}`)?.toString();
    expect([at("shown-1.png"), at("a b/ü.csv"), at("large"), at("empty")]).toEqual(["png", "1,2", large, ""]);
  });
  test("are sent again when the filestore fails, and left out with a note when it refuses", async () => {
    const agent = await rig.start();
    failures = 3;
    const steps = [{ file: { path: "refused", text: "1" } }, { file: { path: "kept", text: "2" } }];
    const records = await agent.run(computation(steps.reverse()), grant());
    expect(endOf(records)).toMatchObject({ kind: "ok", files: [{ path: "kept" }] });
    expect(textOf(records)).toBe("A file could not be stored and is left out.\n");
  });
  test("beyond the limits or with improper names are left out with a note", async () => {
    const agent = await rig.start();
    for (const file of [
      { path: "../x", text: "1" },
      { path: "big", text: "x".repeat(2000) },
      { path: "/etc/x", text: "1" },
    ]) {
      const asked = computation([{ file }, { file: { path: "good", text: "1" } }], { limits: { uploadBytes: 1000 } });
      const records = await agent.run(asked, grant());
      expect(endOf(records).files.map((f) => f.path)).toEqual(["good"]);
      expect(textOf(records)).toMatch(/^A file is left out: .+\n$/);
      await agent.ready();
    }
    const many = [1, 2, 3].map((n) => ({ file: { path: `f${n}`, text: "1" } }));
    expect(endOf(await agent.run(computation(many, { limits: { uploadFiles: 2 } }), grant())).files).toHaveLength(2);
    expect([...stored.keys()].some((path) => path.includes(".."))).toBe(false);
  });
  test("that go in are fetched whole and checked before the kernel hears of the computation", async () => {
    const agent = await rig.start();
    const asked = computation([{ inputs: true }]);
    const text = "input ".repeat(50_000);
    stored.set(`/computations/${asked.id}/in/data/a.txt`, Buffer.from(text));
    asked.files.push({ path: "data/a.txt", size: text.length, sha256: sha256(text) });
    const records = await agent.run({ ...asked, limits: { ...asked.limits } }, grant());
    expect(textOf(records)).toBe(text);
    await agent.ready();
    const wrong = computation([{ say: "ran" }]);
    stored.set(`/computations/${wrong.id}/in/b`, Buffer.from("other"));
    wrong.files.push({ path: "b", size: 5, sha256: sha256("right") });
    const refused = await agent.run(wrong, grant());
    expect([endOf(refused).kind, textOf(refused)]).toEqual(["error", ""]);
    await agent.ready();
  });
});
