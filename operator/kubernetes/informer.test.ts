/** A list and its watch against a server that breaks off, forgets and fails; next: lease.cluster.test.ts. */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import { Informer } from "#operator/kubernetes/informer.ts";
import { makeLog } from "#service/log.ts";

type Item = { id: string; version: string };
const path = "/api/v1/namespaces/kernels/pods";
const objectOf = (name: string, resourceVersion: string) => ({ metadata: { name, resourceVersion } });

/** Lists what `items` holds; each watch is answered by the next of `watches`, and after the last stays open. */
const setUp = async () => {
  const world = { items: [objectOf("a", "1")], version: "10", lists: 0, listsFail: 0 };
  const watches: ((response: ServerResponse) => void)[] = [];
  const asked: URLSearchParams[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(new URL(request.url ?? "", "http://here").searchParams);
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    watches.shift()?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const config = new KubeConfig();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  config.loadFromClusterAndUser({ name: "test", server: url, skipTLSVerify: true }, { name: "test" });
  const changed: string[] = [];
  const informer = new Informer<Item>({
    config,
    path,
    list: async () => {
      world.lists += 1;
      if (world.listsFail-- > 0) throw new Error("no answer");
      return { metadata: { resourceVersion: world.version }, items: world.items };
    },
    read: (object) => {
      const { metadata } = object as ReturnType<typeof objectOf>;
      return metadata.name ? { id: metadata.name, version: metadata.resourceVersion } : undefined;
    },
    changed: ({ id }) => changed.push(id),
    listed: () => undefined,
    log: makeLog("test", "silent"),
  });
  const stop = async () => {
    await informer.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { world, watches, asked, informer, changed, stop };
};
const event = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;
const until = async (what: string, holds: () => boolean) => {
  for (const giveUp = Date.now() + 10_000; !holds(); ) {
    if (Date.now() > giveUp) throw new Error(`not seen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

test("what is listed and what is watched are known, and every change is told", async () => {
  const { watches, informer, changed, stop } = await setUp();
  watches.push((response) => {
    response.write(
      event("ADDED", objectOf("b", "11")) + event("MODIFIED", objectOf("a", "12")) + event("DELETED", objectOf("b", "13")),
    );
  });
  informer.start();
  await until("the deletion", () => changed.length === 4);
  expect(changed).toEqual(["a", "b", "a", "b"]);
  expect(informer.values()).toEqual([{ id: "a", version: "12" }]);
  await stop();
});
test("a watch that the server ends goes on from the last version seen, a bookmark's too, without another list", async () => {
  const { world, watches, asked, informer, stop } = await setUp();
  watches.push((response) => void response.end(event("ADDED", objectOf("b", "11")) + event("BOOKMARK", objectOf("", "42"))));
  informer.start();
  await until("a second watch", () => asked.length === 2);
  expect(asked.map((query) => query.get("resourceVersion"))).toEqual(["10", "42"]);
  expect(asked[0]?.get("allowWatchBookmarks")).toBe("true");
  expect(world.lists).toBe(1);
  await stop();
});
test("a version that is too old is listed anew, and what went unseen meanwhile is told", async () => {
  const { world, watches, informer, changed, stop } = await setUp();
  watches.push((response) => {
    world.items = [objectOf("c", "50")];
    world.version = "50";
    response.end(event("ERROR", { code: 410 }));
  });
  informer.start();
  await until("the second list", () => world.lists === 2 && informer.get("c") !== undefined);
  expect(informer.get("a")).toBeUndefined();
  expect(changed).toEqual(["a", "a", "c"]);
  await stop();
});
test("lists that fail are tried again, later each time, and it is not believed before one succeeds", async () => {
  const { world, informer, stop } = await setUp();
  world.listsFail = 2;
  informer.start();
  await until("two failures", () => world.lists === 2);
  expect(informer.synced).toBe(false);
  await until("a list", () => informer.synced);
  expect(world.lists).toBe(3);
  await stop();
});
test("stopped, it begins nothing more", async () => {
  const { asked, informer, stop } = await setUp();
  informer.start();
  await until("a watch", () => asked.length === 1);
  await stop();
  expect(asked).toHaveLength(1);
});
