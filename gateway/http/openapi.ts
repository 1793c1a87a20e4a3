/** The routes as an OpenAPI 3.1 document, from the schemas that check the input; next: docs-page.ts (for people). */
import { z } from "zod";
import type { Answer, Route } from "#gateway/http/routes.ts";
import { problem } from "#gateway/http/schemas.ts";
import { type FailureCode, failures } from "#protocol/failures.ts";

type Json = Record<string, unknown>;

const jsonSchema = (schema: z.ZodType, io: "input" | "output"): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
};

export function openapiDocument(routes: readonly Route[], options: { version: string; tokenNeeded: boolean }): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replace("...}", "}");
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Sandcell",
      version: options.version,
      description:
        "Runs SageMath and Python code, each computation in a sandbox, and gives back what it said, showed and stored.",
    },
    servers: [{ url: "/" }],
    tags: ["computations", "sessions", "files", "service"].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Problem: jsonSchema(problem, "output") },
      ...(options.tokenNeeded ? { securitySchemes: { token: { type: "http", scheme: "bearer" } } } : {}),
    },
    ...(options.tokenNeeded ? { security: [{ token: [] }] } : {}),
  };
}

function operation(route: Route): Json {
  const responses: Record<string, Json> = {};
  for (const [status, answer] of Object.entries(route.answers)) responses[status] = response(answer);
  for (const [status, codes] of Map.groupBy(allFailures(route), (code) => failures[code].status))
    responses[status] ??= {
      description: codes.map((code) => `\`${code}\`: ${failures[code].words}`).join(" "),
      content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
    };
  return {
    tags: [route.tag],
    summary: route.summary,
    ...(route.description ? { description: route.description } : {}),
    ...(route.parameters ? { parameters: route.parameters.map((p) => ({ required: p.in === "path", ...p })) } : {}),
    ...(route.body ? { requestBody: requestBody(route.body) } : {}),
    responses,
  };
}

/** What any route of the interface can answer, beside what it names itself. */
export const allFailures = (route: Route): FailureCode[] =>
  route.tag === "service"
    ? [...route.failures]
    : [...new Set([...route.failures, "unauthorized", "tooMany", "internal"] as const)];

const requestBody = (body: NonNullable<Route["body"]>): Json => ({
  required: body.required,
  content: {
    "application/json": {
      schema: jsonSchema(body.schema, "input"),
      examples: Object.fromEntries(Object.entries(body.examples).map(([name, value]) => [name, { value }])),
    },
  },
});

function response(answer: Answer): Json {
  const type = answer.type ?? (answer.schema ? "application/json" : undefined);
  const schema = answer.schema ? jsonSchema(answer.schema, "output") : { type: "string" };
  const example = answer.example === undefined ? {} : { example: answer.example };
  return {
    description: answer.description,
    ...(type ? { content: { [type]: { schema, ...example } } } : {}),
    ...(answer.headers ? { headers: headersOf(answer.headers) } : {}),
  };
}

const headersOf = (headers: Record<string, string>): Json =>
  Object.fromEntries(Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: "string" } }]));
