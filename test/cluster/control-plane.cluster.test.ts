/** What a real API server makes of what Sandcell relies on; next: node.cluster.test.ts. */
import { type ControlPlane, startControlPlane } from "#test/cluster/control-plane.ts";

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
  await made("/api/v1/namespaces", {
    metadata: { name: "walls", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  });
  await made("/api/v1/namespaces/walls/serviceaccounts", { metadata: { name: "default" } });
}, 180_000);
afterAll(() => plane?.stop());

const made = async (path: string, body: object) => {
  const answer = await plane.api("POST", path, body);
  if (answer.status !== 201) throw new Error(`${path}: ${JSON.stringify(answer)}`);
  return answer.body;
};

test("a namespace that enforces restricted pods refuses a plain one and takes a hardened one", async () => {
  const pod = (security: object, container: object) => ({
    metadata: { generateName: "pod-" },
    spec: { securityContext: security, containers: [{ name: "only", image: "local/any:1", ...container }] },
  });
  const plain = await plane.api("POST", "/api/v1/namespaces/walls/pods", pod({}, {}));
  expect(plain.status).toBe(403);
  expect(plain.body.message).toContain('violates PodSecurity "restricted:latest"');
  await made(
    "/api/v1/namespaces/walls/pods",
    pod(
      { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: "RuntimeDefault" } },
      { securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } } },
    ),
  );
});

describe("a resource with rules in CEL", () => {
  const widget = (name: string, least: number, most: number) => ({
    apiVersion: "sandcell.test/v1",
    kind: "Widget",
    metadata: { name },
    spec: { least, most },
  });
  const widgets = "/apis/sandcell.test/v1/namespaces/walls/widgets";

  beforeAll(async () => {
    const rules = [
      { rule: "self.least <= self.most", message: "least must not exceed most" },
      { rule: "self.most == oldSelf.most", message: "most stays" },
    ];
    const number = { type: "integer" };
    const spec = {
      type: "object",
      required: ["least", "most"],
      properties: { least: number, most: number },
      "x-kubernetes-validations": rules,
    };
    const schema = { openAPIV3Schema: { type: "object", properties: { spec } } };
    await made("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
      metadata: { name: "widgets.sandcell.test" },
      spec: {
        group: "sandcell.test",
        scope: "Namespaced",
        names: { plural: "widgets", singular: "widget", kind: "Widget" },
        versions: [{ name: "v1", served: true, storage: true, schema }],
      },
    });
    for (const giveUp = Date.now() + 20_000; (await plane.api("GET", widgets)).status !== 200; )
      if (Date.now() > giveUp) throw new Error("the new resource is not served");
  }, 30_000);

  test("is refused in words when a rule does not hold", async () => {
    const refused = await plane.api("POST", widgets, widget("wrong", 3, 2));
    expect(refused).toMatchObject({ status: 422, body: { message: expect.stringContaining("least must not exceed most") } });
  });
  test("is refused when a change breaks a rule on changes", async () => {
    await made(widgets, widget("right", 1, 2));
    const changed = await plane.api("PATCH", `${widgets}/right`, { spec: { most: 5 } });
    expect(changed).toMatchObject({ status: 422, body: { message: expect.stringContaining("most stays") } });
  });
});

test("a service account's token is known to whom it was made for, and to nobody else", async () => {
  const request = { spec: { audiences: ["nats"], expirationSeconds: 600 } };
  const { token } = (await made("/api/v1/namespaces/walls/serviceaccounts/default/token", request)).status;
  const review = async (audience: string) =>
    (await made("/apis/authentication.k8s.io/v1/tokenreviews", { spec: { token, audiences: [audience] } })).status;
  expect(await review("nats")).toMatchObject({
    authenticated: true,
    user: { username: "system:serviceaccount:walls:default" },
  });
  expect(await review("gateway")).not.toMatchObject({ authenticated: true });
});
