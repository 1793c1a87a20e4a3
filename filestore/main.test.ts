/** The filestore as a process: its settings, its starter, its death; next: blobs.test.ts. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { newComputation } from "#filestore/blobs-contract.ts";
import { makeGrant } from "#service/file-grants.ts";
import { settingsEnvironment } from "#service/settings.ts";
import { call, filestoreSecretForTests } from "#test/filestore.ts";

const main = join(import.meta.dirname, "main.ts");
const rootOnly = process.getuid?.() === 0 ? test : test.skip;

describe("the filestore process", () => {
  const folder = mkdtempSync(join(tmpdir(), "sandcell-filestore-main-"));
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** `before` is shell code that runs first, in a mount namespace of the process's own. */
  async function start(settings: object, before?: string) {
    const environment = settingsEnvironment({
      filestoreSecret: filestoreSecretForTests,
      filestoreFreeBytesMin: 0,
      exitWithParent: true,
      ...settings,
    });
    const [command, args] = before
      ? ["unshare", ["-m", "sh", "-c", `${before} && exec "$0" "$@"`, process.execPath, main]]
      : [process.execPath, [main]];
    const child = spawn(command as string, args as string[], {
      env: { PATH: process.env.PATH, ...environment },
      stdio: ["pipe", "ignore", "pipe"],
    });
    children.push(child);
    const exit = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
    const lines: string[] = [];
    const port = new Promise<number>((resolve) => {
      createInterface(child.stderr as NodeJS.ReadableStream).on("line", (line) => {
        lines.push(line);
        if (line.includes("filestore listens")) resolve(JSON.parse(line).port);
      });
    });
    const listening = await Promise.race([port, exit.then(() => undefined)]);
    return { child, exit, lines, url: `http://127.0.0.1:${listening}`, listening };
  }
  const put = (url: string, cid: string, path: string, body: Buffer) => {
    const claims = { computation: cid, right: "out" as const, filesMax: 100, bytesMax: 1e9, expiresAt: Date.now() + 60_000 };
    const headers = { authorization: `Bearer ${makeGrant(filestoreSecretForTests, claims)}` };
    return call(url, `/computations/${cid}/out/${path}`, { method: "PUT", headers, body });
  };

  test("says all mistakes in its settings and does not start", async () => {
    const { exit, lines, listening } = await start({ filestoreBlobs: "ftp:x", filestoreSecret: "short" });
    expect(listening).toBeUndefined();
    expect(await exit).toBe(1);
    expect(lines.join("\n")).toMatch(/SANDCELL_FILESTORE_BLOBS[\s\S]*SANDCELL_FILESTORE_SECRET/);
  });
  test("stops when its starter goes", async () => {
    const { child, exit } = await start({ filestoreBlobs: `disk:${join(folder, "parent")}` });
    child.stdin?.end();
    expect(await exit).toBe(0);
  });
  test("killed in the middle of an upload, it has what it acknowledged and nothing of the rest", async () => {
    const root = join(folder, "killed");
    const first = await start({ filestoreBlobs: `disk:${root}` });
    const cid = newComputation();
    expect((await put(first.url, cid, "kept", Buffer.alloc(100_000, 1))).status).toBe(201);
    const claims = { computation: cid, right: "out" as const, filesMax: 9, bytesMax: 1e6, expiresAt: Date.now() + 60_000 };
    const socket = connect(first.listening as number, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(
      `PUT /computations/${cid}/out/half HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${makeGrant(filestoreSecretForTests, claims)}\r\nContent-Length: 400000\r\n\r\n${"h".repeat(200_000)}`,
    );
    const giveUp = Date.now() + 5000;
    while (readdirSync(join(root, ".sandcell-uploads")).length === 0 && Date.now() < giveUp)
      await new Promise((resolve) => setTimeout(resolve, 5));
    first.child.kill("SIGKILL");
    await first.exit;
    const second = await start({ filestoreBlobs: `disk:${root}` });
    expect((await call(second.url, `/computations/${cid}/out/kept`)).body).toHaveLength(100_000);
    expect((await call(second.url, `/computations/${cid}/out/half`)).status).toBe(404);
    expect((await put(second.url, cid, "half", Buffer.alloc(100_000))).status).toBe(201);
  });
  rootOnly.each(["disk", "sqlite"])(
    "on a disk that is really full (%s) it answers 507, keeps what it has, and takes what fits",
    async (kind) => {
      const place = join(folder, `small-${kind}`);
      mkdirSync(place);
      const blobs = kind === "disk" ? `disk:${place}/files` : `sqlite:${place}/files.sqlite`;
      const { url } = await start({ filestoreBlobs: blobs }, `mount -t tmpfs -o size=4m none ${place}`);
      const cid = newComputation();
      expect((await put(url, cid, "fits", Buffer.alloc(500_000, 1))).status).toBe(201);
      const full = await put(url, cid, "big", Buffer.alloc(6_000_000));
      expect([full.status, JSON.parse(String(full.body)).code]).toEqual([507, "storageFull"]);
      expect((await call(url, `/computations/${cid}/out/big`)).status).toBe(404);
      expect((await call(url, `/computations/${cid}/out/fits`)).body).toHaveLength(500_000);
      expect((await put(url, cid, "fits-too", Buffer.alloc(100_000))).status).toBe(201);
    },
  );
});
