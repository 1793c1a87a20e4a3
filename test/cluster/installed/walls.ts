/** Hostile code in a kernel's pod: the attacks of one machine, and what the pod's own walls hold if a computation's have fallen; next: kills.ts. */
import type { Pod } from "#test/cluster/installed/pods.ts";
import { execIn, processesOf } from "#test/cluster/installed/pods.ts";
import type { Release } from "#test/cluster/installed/release.ts";
import { nodeAddress } from "#test/cluster/node-settings.ts";
import { abuseSuite } from "#test/end-to-end/abuse-suite.ts";
import type { Reachable } from "#test/end-to-end/attacks-on-others.ts";

const connectMs = 3_000;
type Address = readonly [host: string, port: number];

/** Node code that tells of each address whether somebody answers there. */
const knock = (addresses: readonly Address[]) => `
const tried = ${JSON.stringify(addresses)}.map(([host, port]) => new Promise((resolve) => {
  const socket = require("node:net").connect({ host, port });
  const say = (answer) => { socket.destroy(); resolve([host, port, answer]); };
  socket.once("connect", () => say(true)).once("error", () => say(false)).setTimeout(${connectMs}, () => say(false));
}));
Promise.all(tried).then((said) => console.log(JSON.stringify(said)));`;

/** Python that is a kernel's user, but in no computation: what code would be that broke out of its own namespaces. */
const outOfItsNamespaces = `
import os, socket, json
def attempt(f, *a):
    try: return bool(f(*a)) or True
    except OSError: return False
agents = [p for p in os.listdir('/proc') if p.isdigit() and b'agent/main.ts' in open('/proc/%s/cmdline' % p, 'rb').read().split(b'\\0')]
s = socket.socket(socket.AF_UNIX)
print(json.dumps({
    'uid': os.getuid(),
    'agents': agents,
    'token': os.path.exists('/var/run/secrets'),
    'writes': [p for p in ('/opt/kernel', '/usr', '/etc', '/') if os.access(p, os.W_OK)],
    'second agent': attempt(s.connect, '\\0sandcell-kernel'),
    'api': attempt(socket.create_connection, ('10.96.0.1', 443), 2),
}))`;

/** Everything of the system that listens, and of the cluster. `mine`: what a kernel needs. */
const everyAddress = async ({ pods, service }: Release, databasePort: number, but: Pod) => {
  const ip = async (component: string) => (await pods.of(component))[0]?.status.podIP ?? "";
  const [nats, gateway, filestore, operator] = await Promise.all(["nats", "gateway", "filestore", "operator"].map(ip));
  const others = (await pods.kernels()).filter(({ metadata }) => metadata.name !== but.metadata.name);
  const mine: Address[] = [
    [await service("nats"), 4222],
    [await service("filestore"), 8090],
  ];
  const foreign: Address[] = [
    [await service("gateway"), 8080],
    ["10.96.0.1", 443],
    ["10.96.0.10", 53],
    [nodeAddress, 10250],
    [nodeAddress, databasePort],
    ["1.1.1.1", 443],
    ["169.254.169.254", 80],
    [nats ?? "", 8222],
    [gateway ?? "", 9090],
    [filestore ?? "", 9091],
    [operator ?? "", 9092],
    ...others.map(({ status }): Address => [status.podIP ?? "", 9090]),
  ];
  return { mine, foreign };
};

export const attacksInPods = (release: () => Release, databasePort: () => number): void => {
  let kernel: Pod;
  /** One that is warm and stays. */
  const takeOne = async () => {
    await release().idle("default", 2);
    const isReady = ({ metadata, status }: Pod) =>
      metadata.deletionTimestamp === undefined &&
      status.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
    [kernel] = (await release().pods.kernels()).filter(isReady) as [Pod];
    addresses = await everyAddress(release(), databasePort(), kernel);
  };
  let addresses: Awaited<ReturnType<typeof everyAddress>>;
  let reachable: Reachable;
  beforeAll(async () => {
    await takeOne();
    reachable = {
      addresses: [...addresses.mine, ...addresses.foreign],
      pid: processesOf(kernel)[0]?.pid ?? -1,
    };
  }, 300_000);

  abuseSuite({
    visitor: () => release().visitor,
    inPod: true,
    kernelCount: 2,
    kernels: async () =>
      (await release().pods.kernels())
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .map(({ metadata }) => metadata.name),
    reachable: () => reachable,
  });

  describe("a kernel's pod", () => {
    beforeAll(takeOne, 300_000);
    test("reaches NATS and the filestore, and nothing else of the system or the cluster", async () => {
      const { mine, foreign } = addresses;
      const said = await execIn(release().node, kernel, "agent", ["node", "-e", knock([...mine, ...foreign])]);
      const expected = [...mine.map((address) => [...address, true]), ...foreign.map((address) => [...address, false])];
      expect(JSON.parse(said)).toEqual(expected);
    });
    test("shows its user, outside any computation, no agent, no token, no second seat at the kernel, nothing to write", async () => {
      const said = await execIn(release().node, kernel, "kernel", ["/usr/bin/python3", "-c", outOfItsNamespaces]);
      const nothing = { agents: [], token: false, writes: [], "second agent": false, api: false };
      expect(JSON.parse(said)).toEqual({ uid: 65534, ...nothing });
    });
  });
};
