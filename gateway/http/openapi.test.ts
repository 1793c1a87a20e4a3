/** The document of the interface and its routes are one thing; next: clients.test.ts. */
import { ZodError, z } from "zod";
import { appRoutes } from "#gateway/app.ts";
import { expressPath } from "#gateway/http/routes.ts";
import { problem } from "#gateway/http/schemas.ts";
import { failures } from "#protocol/failures.ts";
import { type AppServer, startApp } from "#test/app-server.ts";

type Media = { schema?: Schema; example?: unknown; examples?: Record<string, { value: unknown }> };
type Schema = { $ref?: string; [key: string]: unknown };
type Operation = {
  operationId: string;
  summary: string;
  parameters?: { in: string; name: string; required: boolean }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { description: string; content?: Record<string, Media> }>;
  security?: unknown;
};
type Document = {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; securitySchemes?: object };
};

let app: AppServer;
let document: Document;
beforeAll(async () => {
  app = await startApp();
  document = (await (await app.get("/v1/openapi.json")).json()) as Document;
});
afterAll(() => app.stop());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
const routes = () => {
  const { open, guarded } = appRoutes(app.parts);
  return [...open, ...guarded];
};

describe("the OpenAPI document", () => {
  test("is 3.1, with an id, a summary and at least one answer for every operation", () => {
    expect(document.openapi).toBe("3.1.0");
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operation } of operations()) {
      expect(operation.summary).not.toBe("");
      expect(Object.keys(operation.responses).some((status) => status.startsWith("2"))).toBe(true);
    }
  });
  test("has every route of the app, and no other", () => {
    const mounted = routes().map(({ method, path }) => `${method} ${path.replace("...", "")}`);
    expect(
      operations()
        .map(({ method, path }) => `${method} ${path}`)
        .sort(),
    ).toEqual(mounted.sort());
  });
  test("every route it has is answered by the app: none is a 404 of an unknown path", async () => {
    for (const { path, method } of operations()) {
      const real = path
        .replace("{path}", "a")
        .replace("{id}", path.includes("sessions") ? `s${"0".repeat(25)}` : `c${"0".repeat(25)}`);
      const response = await fetch(app.url + real, { method: method.toUpperCase() });
      const unknown = response.status === 404 && !real.includes("0000");
      expect([real, unknown, response.status === 405]).toEqual([real, false, false]);
    }
  });
  test("has a path parameter for every name in a path, and for nothing else", () => {
    for (const { path, operation } of operations()) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const described = (operation.parameters ?? []).filter((parameter) => parameter.in === "path");
      expect(described.map(({ name }) => name)).toEqual(names);
      expect(described.every(({ required }) => required)).toBe(true);
    }
  });
  test("has no reference that leads nowhere", () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name,
    );
    expect(new Set(references)).toEqual(new Set(Object.keys(document.components.schemas)));
  });
  test("its examples are what the schemas of the routes take and give", () => {
    for (const { body, answers } of routes()) {
      for (const example of Object.values(body?.examples ?? {}))
        expect(() => body?.schema.parse(example)).not.toThrow(ZodError);
      for (const { schema, example } of Object.values(answers)) {
        if (!schema) continue;
        const strict = schema instanceof z.ZodObject ? schema.strict() : schema;
        expect(() => strict.parse(JSON.parse(JSON.stringify(example)))).not.toThrow();
      }
    }
  });
  test("every problem it names is of the table, with an example that is one", () => {
    for (const { operation } of operations())
      for (const [status, { content }] of Object.entries(operation.responses))
        for (const [code, { value }] of Object.entries(content?.["application/problem+json"]?.examples ?? {}))
          expect(problem.strict().parse(value)).toMatchObject({ code, status: Number(status) });
  });
  test("asks for a token only where one is set", async () => {
    expect(document.components.securitySchemes).toBeUndefined();
    const guarded = await startApp({ clients: { secret: "s", token: "t" } });
    const response = await guarded.get("/v1/openapi.json", { authorization: "Bearer t" });
    const withToken = (await response.json()) as Document;
    for (const [path, methods] of Object.entries(withToken.paths))
      for (const operation of Object.values(methods)) {
        expect(operation.security !== undefined).toBe(/^\/(v1|files)\//.test(path));
        expect("401" in operation.responses).toBe(/^\/(v1|files)\//.test(path));
      }
    await guarded.stop();
  });
});

describe("the documentation page", () => {
  test("shows every route and every problem, under a policy that allows no script", async () => {
    const response = await app.get("/v1/docs");
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    const html = await response.text();
    expect(html).not.toContain("<script");
    for (const { path } of routes()) expect(html).toContain(`<code>${path}</code>`);
    for (const code of Object.keys(failures)) expect(html).toContain(`id="${code}"`);
    for (const [, target] of html.matchAll(/href="#([^"]+)"/g)) expect(html).toContain(`id="${target}"`);
  });
  test("shows the reader's own address in the examples, escaped", async () => {
    expect(await (await app.get("/v1/docs")).text()).toContain(`SERVER=${app.url}`);
  });
});

test("a path is the same to Express and in the document", () => {
  expect(expressPath("/files/{id}/{path...}")).toBe("/files/:id/*path");
});
