/** Kernels' credentials on the real nats-server; next: checkpoint.test.ts. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newKernelId } from "#operator/kernel-id.ts";
import { subjects } from "#protocol/subjects.ts";
import { makeLog } from "#service/log.ts";
import { connectNats } from "#service/nats.ts";
import { openDataFolder } from "#standalone/data-folder.ts";
import { type NatsSetup, setUpNats } from "#standalone/nats-setup.ts";
import { portFor } from "#standalone/ports.ts";
import { acceptsConnections, waitUntil } from "#standalone/ready.ts";
import { places } from "#standalone/testing/places.ts";

const folder = openDataFolder(mkdtempSync(join(tmpdir(), "sandcell-nats-setup-")));
const log = makeLog("test", "silent");
let url: string;
let port: number;
let setup: NatsSetup;
let server: ChildProcess;

const startServer = async () => {
  server = spawn(places().natsServerPath, ["-c", setup.configPath], { stdio: "ignore" });
  await waitUntil("nats-server", 10_000, () => acceptsConnections(port));
};
const endServer = () =>
  new Promise<void>((resolve) => {
    server.once("exit", () => resolve());
    server.kill("SIGKILL");
  });
beforeAll(async () => {
  port = await portFor(0, "127.0.0.1", "port");
  url = `nats://127.0.0.1:${port}`;
  setup = await setUpNats(folder, port);
  await startServer();
});
afterAll(async () => {
  await endServer();
  rmSync(folder.path, { recursive: true, force: true });
});

const service = () => connectNats({ url, credentialFile: setup.serviceCredentialFile, name: "service", log });
const kernelConnection = async (kernel: string, lifeMs = 60_000) => {
  const credentialFile = join(folder.runPath, `${kernel}.creds`);
  writeFileSync(credentialFile, await setup.kernelCredential(kernel, lifeMs));
  return connectNats({ url, credentialFile, name: kernel, log });
};

test("a kernel added while the server runs speaks under its own names and hears what it is told", async () => {
  const kernel = newKernelId();
  const [above, below] = [await service(), await kernelConnection(kernel)];
  const heard = above.subscribe(subjects.kernelStatus(kernel), { max: 1 });
  const told = below.subscribe(subjects.control(kernel), { max: 1 });
  await Promise.all([above.flush(), below.flush()]);
  below.publish(subjects.kernelStatus(kernel), "well");
  for await (const message of heard) expect(message.string()).toBe("well");
  above.publish(subjects.control(kernel), "leave");
  for await (const message of told) expect(message.string()).toBe("leave");
  await Promise.all([above.close(), below.close()]);
}, 30_000);
test("a kernel can neither write a record, nor speak for another, nor listen to it", async () => {
  const [kernel, other] = [newKernelId(), newKernelId()];
  const [above, below] = [await service(), await kernelConnection(kernel)];
  const heard: string[] = [];
  const all = above.subscribe(">", { callback: (_, message) => void heard.push(message.subject) });
  await above.flush();
  const refusals: string[] = [];
  below.subscribe(subjects.exec(other), { callback: (error) => void (error && refusals.push(error.message)) });
  below.subscribe("_INBOX.>", { callback: (error) => void (error && refusals.push(error.message)) });
  for (const subject of [
    subjects.computation("c1"),
    subjects.kernelStatus(other),
    "$JS.API.STREAM.LIST",
    subjects.condemn("default"),
  ])
    below.publish(subject, "lie");
  below.publish(subjects.kernelStatus(kernel), "truth");
  await below.flush();
  await waitUntil("the truth", 5000, async () => heard.includes(subjects.kernelStatus(kernel)));
  expect(heard).toEqual([subjects.kernelStatus(kernel)]);
  await waitUntil("both refusals", 5000, async () => refusals.length === 2);
  all.unsubscribe();
  await Promise.all([above.close(), below.close()]);
}, 30_000);
test("a credential of another installation, or none, is refused", async () => {
  const elsewhere = openDataFolder(mkdtempSync(join(tmpdir(), "sandcell-nats-other-")));
  const foreign = await setUpNats(elsewhere, port);
  const attempt = { url, name: "stranger", log };
  await expect(connectNats({ ...attempt, credentialFile: foreign.serviceCredentialFile })).rejects.toThrow();
  await expect(connectNats(attempt)).rejects.toThrow();
  rmSync(elsewhere.path, { recursive: true, force: true });
}, 30_000);
test("keys outlive a restart: a kernel's connection comes back by itself", async () => {
  const below = await kernelConnection(newKernelId());
  setup = await setUpNats(folder, port);
  await endServer();
  await startServer();
  await waitUntil("the reconnect", 10_000, () =>
    below.flush().then(
      () => true,
      () => false,
    ),
  );
  await below.close();
}, 30_000);
