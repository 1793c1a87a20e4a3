/** Next: nats-setup.test.ts. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { portFor } from "#standalone/ports.ts";

/** From here on Linux takes the ports of outgoing connections, unless told otherwise. */
const firstOutgoing = 32_768;

test("a port that nobody asked for is free, and none that an outgoing connection may have", async () => {
  const chosen = new Set<number>();
  for (let n = 0; n < 20; n++) {
    const port = await portFor(0, "127.0.0.1", "port");
    expect(chosen.has(port)).toBe(false);
    chosen.add(port);
    expect(port).toBeLessThan(firstOutgoing);
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    server.close();
  }
});

test.each([
  ["is taken by another program", "127.0.0.1", (taken: number) => taken],
  ["cannot be had (EADDRNOTAVAIL)", "192.0.2.1", () => 0],
])("a port that %s is refused in words that say what to change", async (words, host, wanted) => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const refused = portFor(wanted((other.address() as AddressInfo).port), host, "frame-port");
  await expect(refused).rejects.toThrow(words);
  await expect(refused).rejects.toThrow("end it, or choose another with --frame-port.");
  other.close();
});
