/**
 * The chart on a real cluster, with the real images: installed, asked, attacked, upgraded, killed, drained, uninstalled. One node and one
 * release for everything, in this order; next: installed/release.ts.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { jest } from "@jest/globals";
import { kills } from "#test/cluster/installed/kills.ts";
import { eventually, installRelease, type Release, valuesForSingleUse, valuesForTwo } from "#test/cluster/installed/release.ts";
import { evictions, upgrades } from "#test/cluster/installed/rollouts.ts";
import { attacksInPods } from "#test/cluster/installed/walls.ts";
import { type KubernetesNode, startNode } from "#test/cluster/node.ts";
import { nodeAddress } from "#test/cluster/node-settings.ts";
import type { Audit } from "#test/end-to-end/ledger-audit.ts";
import { type MongoServer, startMongoServer } from "#test/mongo-server.ts";

jest.setTimeout(400_000);
const suiteMs = 380_000;
const suiteWordsMax = 20_000;

let node: KubernetesNode;
let release: Release;
let database: MongoServer;
let audit: Audit;

beforeAll(async () => {
  node = await startNode();
  release = await installRelease(node, valuesForSingleUse());
}, 600_000);
afterAll(async () => {
  await audit?.close();
  await database?.stop();
  await node?.stop();
}, 120_000);

test("a plot asked of the gateway's Service comes back as a picture, and its kernel, meant for one, is replaced", async () => {
  const { visitor, pods, idle } = release;
  await idle("single", 1);
  const ofSingle = async () =>
    (await pods.kernels()).filter(({ metadata }) => metadata.labels["sandcell.dev/pool"] === "single");
  const first = (await ofSingle()).map(({ metadata }) => metadata.name);
  const finished = await visitor.run({ code: "plot(sin(x), (x, 0, 6))" });
  expect(finished.outcome.kind).toBe("ok");
  expect(JSON.stringify(finished.messages)).toContain('"image/png"');
  await eventually("another one", async () => {
    const now = (await ofSingle()).map(({ metadata }) => metadata.name);
    return now.length === 1 && !first.includes(now[0] ?? "");
  });
});

test("an upgrade brings a database for several gateways, a second gateway and another pool, and takes the first pool away with its kernels", async () => {
  database = await startMongoServer(nodeAddress, node.enter);
  await release.upgrade(valuesForTwo(database.url));
  audit = await release.openAudit();
  await eventually("the other pool's kernels are gone", async () =>
    (await release.pods.kernels()).every(({ metadata }) => metadata.labels["sandcell.dev/pool"] === "default"),
  );
  await release.idle("default", 2);
});

describe("what an admin runs against it passes:", () => {
  let checks: Promise<{ stdout: string }>;
  let suite: Promise<unknown>;
  // The one waits while the other computes.
  beforeAll(() => {
    checks = release.test();
    const runner = join(import.meta.dirname, "../protocol/run.mjs");
    suite = promisify(execFile)(process.execPath, [runner, "--url", release.url], { timeout: suiteMs });
    for (const told of [checks, suite]) told.catch(() => undefined);
  });
  test("the protocol suite of one machine, by the Service's address", async () => {
    // Its failures are told where it ran: they are the words of this one.
    await suite.catch(({ stderr }: { stderr: string }) => {
      throw new Error(stderr.slice(-suiteWordsMax));
    });
  });
  test("`helm test`, which computes by the Service and finds every wall of a kernel's pod in its place", async () => {
    const { stdout } = await checks;
    expect(stdout.match(/Phase: +Succeeded/g)).toHaveLength(2);
  });
});

describe("hostile code in a pod:", () =>
  attacksInPods(
    () => release,
    () => Number(new URL(database.url).port),
  ));
describe("a kernel is taken away on purpose:", () =>
  evictions(
    () => release,
    () => audit,
  ));
describe("under load there is killed", () =>
  kills(
    () => release,
    () => audit,
  ));
describe("all are, one by one:", () =>
  upgrades(
    () => release,
    () => audit,
    () => valuesForTwo(database.url, { generation: "two" }),
  ));

test("uninstalling leaves no pod and no wall behind", async () => {
  await release.uninstall();
  await eventually("no pod", async () => (await release.pods.all()).length === 0);
  const policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
  expect((await node.api("GET", policies)).body.items).toEqual([]);
});
