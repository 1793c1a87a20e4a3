/** The connection when a cluster changes its authority and its mounted file; next: informer.test.ts. */
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectKubernetes } from "#operator/kubernetes/connection.ts";
import { makeCertificates, writeKubeconfig } from "#test/cluster/certificates.ts";
import { freePort } from "#test/nats-server.ts";

const folders: string[] = [];
const newAuthority = () => {
  const folder = mkdtempSync(join(tmpdir(), "sandcell-authority-"));
  folders.push(folder);
  makeCertificates(folder, [{ name: "server", user: "server", group: "test", hosts: ["IP:127.0.0.1"] }]);
  return folder;
};
const serve = async (folder: string, port: number): Promise<Server> => {
  const [cert, key] = ["server.crt", "server.key"].map((name) => readFileSync(join(folder, name)));
  const server = createServer({ cert, key }, (_, response) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify({ metadata: { name: "lease" } }));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return server;
};
const stop = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

test("it believes the new authority once the file says so, and a stranger's never", async () => {
  const [mounted, first, second, port] = [newAuthority(), newAuthority(), newAuthority(), await freePort()];
  const change = (folder: string) => cpSync(join(folder, "ca.crt"), join(mounted, "ca.crt"));
  change(first);
  const kubeconfig = join(mounted, "kubeconfig");
  writeKubeconfig(kubeconfig, { server: `https://127.0.0.1:${port}`, folder: mounted, name: "server" });
  let now = 0;
  const { coordination, close } = await connectKubernetes(kubeconfig, () => now);
  const ask = () =>
    coordination.readNamespacedLease({ namespace: "test", name: "lease" }).then(({ metadata }) => metadata?.name);
  let server = await serve(first, port);
  expect(await ask()).toBe("lease");
  await stop(server);
  server = await serve(second, port);
  now += 60_000;
  await expect(ask()).rejects.toThrow();
  change(second);
  now += 60_000;
  expect(await ask()).toBe("lease");
  await close();
  await stop(server);
});
