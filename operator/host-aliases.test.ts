/** What a kernel's pod is told instead of a name server; next: auth-callout.test.ts. */
import { hostAliases, hostsOf } from "#operator/host-aliases.ts";

test("hosts are found in addresses, numbers left out", () => {
  expect(hostsOf("nats://one:4222,two:4222,nats://10.0.0.1:4222,nats://[::1]:4222")).toEqual(["one", "two"]);
});
test("names become addresses, and one without an address is an error, not a pod that never gets warm", async () => {
  expect(await hostAliases(["localhost"], Date.now)()).toContainEqual({ ip: "127.0.0.1", hostnames: ["localhost"] });
  await expect(hostAliases(["nowhere.invalid"], Date.now)()).rejects.toThrow();
});
