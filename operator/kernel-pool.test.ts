/** A pool's specification: defaults, contradictions, revisions; next: pool/decide.test.ts. */
import { kernelPoolSpec, templateRevision } from "#operator/kernel-pool.ts";

test("an empty specification has all defaults", () => {
  const spec = kernelPoolSpec.parse({});
  expect(spec.capacity).toEqual({ idleMin: 2, idleMax: 4, totalMax: 8 });
  expect(spec.isolation).toBe("fork");
});
test("contradictions are refused, all at once", () => {
  const wrong = { capacity: { idleMin: 5, idleMax: 4, totalMax: 3 }, isolation: "sandbox", slots: 2 };
  const messages = kernelPoolSpec.safeParse(wrong).error?.issues.map((issue) => issue.message);
  expect(messages).toEqual(["idleMin is above idleMax", "idleMax is above totalMax", "isolation sandbox allows one slot only"]);
});
test("a revision changes with the template and with what it does not show", () => {
  const { template } = kernelPoolSpec.parse({});
  expect(templateRevision(template)).toBe(templateRevision({ ...template }));
  expect(templateRevision({ ...template, image: "other" })).not.toBe(templateRevision(template));
  expect(templateRevision(template, "runtime 2")).not.toBe(templateRevision(template));
});
