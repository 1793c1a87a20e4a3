/** The CRD by what the API server asks of one; next: pool/decide.test.ts. */
import { kernelPoolSpec } from "#operator/kernel-pool.ts";
import { kernelPoolCrd } from "#operator/kernel-pool-crd.ts";

const [version] = kernelPoolCrd().spec.versions;
const schema = version?.schema.openAPIV3Schema;
type Schema = { type?: string; description?: string; properties?: Record<string, Schema>; items?: Schema; default?: unknown };
const walk = (at: Schema, path: string): { at: Schema; path: string }[] => [
  { at, path },
  ...Object.entries(at.properties ?? {}).flatMap(([name, inside]) => walk(inside, `${path}.${name}`)),
  ...(at.items ? walk(at.items, `${path}[]`) : []),
];
const spec = schema?.properties.spec as Schema;
const status = schema?.properties.status as Schema;

test("every field has a type and words for whoever writes a pool", () => {
  const silent = [...walk(spec, "spec"), ...walk(status, "status")].filter(
    ({ at, path }) => !at.type || !(at.description || path.includes("[]")),
  );
  expect(silent.map(({ path }) => path)).toEqual([]);
});
test("it is structural: no word of JSON Schema that Kubernetes refuses", () => {
  const text = JSON.stringify(schema);
  for (const word of ["$schema", "anyOf", "oneOf", "propertyNames", "const", '"additionalProperties":false'])
    expect(text).not.toContain(`"${word.replaceAll('"', "")}"`);
  expect(text).not.toContain("9007199254740991");
});
test("defaults of the CRD are those of the operator", () => {
  const filled = (at: Schema): unknown =>
    at.properties
      ? Object.fromEntries(
          Object.entries(at.properties).flatMap(([name, inside]) => {
            const value = inside.properties && inside.default !== undefined ? filled(inside) : inside.default;
            return value === undefined ? [] : [[name, value]];
          }),
        )
      : at.default;
  expect(filled(spec)).toEqual(kernelPoolSpec.parse({}));
});
test("an admin sees wanted, idle, busy, total, updated, revision, ready and age, and may scale", () => {
  expect(version?.additionalPrinterColumns.map(({ name }) => name.toLowerCase())).toEqual(
    "wanted idle busy total updated revision ready age".split(" "),
  );
  expect(version?.subresources.scale.specReplicasPath).toBe(".spec.capacity.idleMin");
});
