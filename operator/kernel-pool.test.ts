/** A pool's specification: defaults, contradictions, revisions; next: kernel-pool-crd.test.ts. */
import { kernelPoolSpec, leaveMs, templateRevision } from "#operator/kernel-pool.ts";

test("an empty specification has all defaults", () => {
  const spec = kernelPoolSpec.parse({});
  expect(spec.capacity).toEqual({ idleMin: 2, idleMax: 4, totalMax: 8 });
  expect(spec.isolation).toBe("fork");
});
test("what is given in part has the other defaults", () => {
  expect(kernelPoolSpec.parse({ capacity: { idleMin: 3 } }).capacity).toEqual({ idleMin: 3, idleMax: 4, totalMax: 8 });
});
test("contradictions are refused, all at once", () => {
  const wrong = {
    capacity: { idleMin: 5, idleMax: 4, totalMax: 3 },
    template: { runtimeClassName: "", labels: { "sandcell.dev/pool": "other" } },
  };
  const messages = kernelPoolSpec.safeParse(wrong).error?.issues.map((issue) => issue.message);
  expect(messages).toEqual([
    "idleMin is above idleMax",
    "idleMax is above totalMax",
    "without a runtimeClassName there is no sandbox: only unsafeWithoutSandbox allows that",
    "labels that begin with sandcell.dev/ are the operator's own",
  ]);
});
test("a leaving kernel has the longest time limit, its uploads and ten seconds", () => {
  expect(leaveMs(kernelPoolSpec.parse({ times: { computationMs: 60_000 } }))).toBe(100_000);
});
test("a revision changes with the template and with what it does not show", () => {
  const { template } = kernelPoolSpec.parse({});
  expect(templateRevision(template)).toBe(templateRevision({ ...template }));
  expect(templateRevision({ ...template, image: "other" })).not.toBe(templateRevision(template));
  expect(templateRevision(template, "runtime 2")).not.toBe(templateRevision(template));
});
