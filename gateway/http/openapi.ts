/** The OpenAPI 3.1 document, made of the routes and of the schemas that check the input; next: docs-page.ts. */
import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from "@asteasolutions/zod-to-openapi";
import { examples } from "#gateway/http/examples.ts";
import type { Parameter, Route } from "#gateway/http/routes.ts";
import {
  cancelAnswer,
  computationBody,
  computationView,
  inputBody,
  keptLink,
  linkBody,
  messagesPage,
  problem,
  sessionBody,
  sessionView,
  settingsView,
} from "#gateway/http/schemas.ts";
import { type FailureCode, failures } from "#protocol/failures.ts";

const named = {
  Submission: computationBody,
  Computation: computationView,
  Cancelled: cancelAnswer,
  Messages: messagesPage,
  Input: inputBody,
  Link: linkBody,
  KeptLink: keptLink,
  SessionRequest: sessionBody,
  Session: sessionView,
  Settings: settingsView,
  Problem: problem,
};

/** What any route may answer besides its own. */
const everywhere: FailureCode[] = ["tooMany", "internal"];

export function openapiDocument(routes: readonly Route[], options: { version: string; tokenNeeded: boolean }): object {
  const registry = new OpenAPIRegistry();
  const schemas = new Map<unknown, unknown>();
  for (const [id, schema] of Object.entries(named)) schemas.set(schema, schema.meta({ id }));
  if (options.tokenNeeded) registry.registerComponent("securitySchemes", "token", { type: "http", scheme: "bearer" });
  const reference = (schema: unknown) => schemas.get(schema) ?? schema;
  for (const route of routes) {
    const isPublic = !/^\/(?:v1|files)\//.test(route.path);
    const codes = [...new Set([...route.failures, ...(isPublic ? [] : everywhere)])];
    if (options.tokenNeeded && !isPublic) codes.push("unauthorized");
    registry.registerPath({
      method: route.method,
      path: route.path.replace("...", ""),
      operationId: operationId(route),
      tags: [route.tag],
      summary: route.summary,
      ...(route.description ? { description: route.description } : {}),
      ...(options.tokenNeeded && !isPublic ? { security: [{ token: [] }] } : {}),
      parameters: (route.parameters ?? []).map(parameterObject),
      ...(route.body
        ? {
            request: {
              body: {
                required: route.body.required,
                content: {
                  "application/json": { schema: reference(route.body.schema), examples: namedExamples(route.body.examples) },
                },
              },
            },
          }
        : {}),
      responses: { ...answers(route, reference), ...problems(codes, reference) },
    } as unknown as RouteConfig);
  }
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: "3.1.0",
    info: {
      title: "Sandcell",
      version: options.version,
      description:
        "Runs SageMath and Python code in a sandbox. POST a computation, read its messages until `complete`. Errors are " +
        "application/problem+json with a stable `code`; 429 and 503 say in Retry-After when to try again.",
    },
    servers: [{ url: "/" }],
  });
}

const operationId = (route: Route): string =>
  route.method + route.path.replaceAll(/[^A-Za-z0-9]+(\w?)/g, (_all, letter: string) => letter.toUpperCase());

const parameterObject = ({ in: place, name, description, schema, required }: Parameter) => ({
  in: place,
  name,
  description,
  schema,
  required: required ?? place === "path",
});

const namedExamples = (values: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));

function answers(route: Route, reference: (schema: unknown) => unknown) {
  const all = Object.entries(route.answers).map(([status, { description, type, schema, example, headers }]) => [
    status,
    {
      description,
      ...(headers
        ? {
            headers: Object.fromEntries(
              Object.entries(headers).map(([name, words]) => [name, { description: words, schema: { type: "string" } }]),
            ),
          }
        : {}),
      ...(schema || type
        ? {
            content: {
              [type ?? "application/json"]: {
                schema: schema ? reference(schema) : { type: "string" },
                ...(example === undefined ? {} : { example }),
              },
            },
          }
        : {}),
    },
  ]);
  return Object.fromEntries(all);
}

/** Codes that share a status share a response, with an example each. */
function problems(codes: readonly FailureCode[], reference: (schema: unknown) => unknown) {
  const byStatus = Map.groupBy(codes, (code) => failures[code].status);
  const all = [...byStatus].map(([status, ofStatus]) => [
    status,
    {
      description: ofStatus.map((code) => `\`${code}\`: ${failures[code].words}`).join(" "),
      ...(status === 429 || status === 503
        ? { headers: { "Retry-After": { description: "Seconds.", schema: { type: "integer" } } } }
        : {}),
      content: {
        "application/problem+json": {
          schema: reference(problem),
          examples: namedExamples(Object.fromEntries(ofStatus.map((code) => [code, examples.problem(code)]))),
        },
      },
    },
  ]);
  return Object.fromEntries(all);
}
