/** POST, GET, DELETE of computations, and the answers to their input(); next: messages-routes.ts. */
import type { RequestHandler } from "express";
import type { Computations } from "#gateway/core.ts";
import { bounds, computationBodyBytesMax, type SubmissionLimits } from "#gateway/http/bounds.ts";
import { clientOf } from "#gateway/http/clients.ts";
import { submissionOf } from "#gateway/http/computation-body.ts";
import { examples } from "#gateway/http/examples.ts";
import type { Parameter, Route } from "#gateway/http/routes.ts";
import { cancelAnswer, checked, computationBody, computationView, inputBody } from "#gateway/http/schemas.ts";
import { computationLinks, sendJson, sendNothing, showView } from "#gateway/http/views.ts";
import { computationId } from "#protocol/computation.ts";
import { Failure } from "#protocol/failures.ts";

export type BodyReader = (bytesMax: number) => RequestHandler;

export const computationParameter: Parameter = {
  in: "path",
  name: "id",
  description: "The computation's id.",
  schema: { type: "string", example: examples.view.id },
};

/** An id of another form cannot exist: 404, like one that does not. */
export function computationIdOf(params: Record<string, unknown>): string {
  const parsed = computationId.safeParse(params["id"]);
  if (!parsed.success) throw new Failure("notFound", { detail: "There is no such computation." });
  return parsed.data;
}

export function computationsRoutes(options: {
  computations: Computations;
  limits: SubmissionLimits;
  readBody: BodyReader;
}): Route[] {
  const { computations, limits, readBody } = options;
  const post: RequestHandler = async (request, response) => {
    const asked = { body: request.body, headers: request.headers, client: clientOf(response) };
    const { view, repeated } = await computations.submit(submissionOf(asked, limits));
    response.setHeader("Location", `/v1/computations/${view.id}`);
    sendJson(response, repeated ? 200 : 201, showView(view));
  };
  const get: RequestHandler = async (request, response) => {
    sendJson(response, 200, showView(await computations.view(computationIdOf(request.params))));
  };
  const cancel: RequestHandler = async (request, response) => {
    const id = computationIdOf(request.params);
    await computations.cancel(id);
    sendJson(response, 202, { id, links: computationLinks(id) });
  };
  const input: RequestHandler = async (request, response) => {
    const id = computationIdOf(request.params);
    await computations.input(id, checked(inputBody, request.body).value);
    sendNothing(response);
  };
  return [
    {
      method: "post",
      path: "/v1/computations",
      handlers: [readBody(computationBodyBytesMax(limits.codeBytesMax)), post],
      tag: "computations",
      summary: "Run code",
      description:
        "201 means accepted: there will be exactly one outcome, whatever happens. With an `Idempotency-Key` the request may be " +
        "repeated when no answer came: the same computation is found (200), never started twice.",
      parameters: [
        {
          in: "header",
          name: "Idempotency-Key",
          description: "Names this request, so that repeating it is safe. Another body under the same key is 422.",
          schema: { type: "string", minLength: 1, maxLength: bounds.idempotencyKeyCharsMax },
          required: false,
        },
      ],
      body: {
        schema: computationBody,
        required: true,
        examples: {
          integral: { code: "integrate(x, x)" },
          withFile: { code: "print(open('a.txt').read())", language: "python", files: [{ path: "a.txt", content: "hello" }] },
        },
      },
      answers: {
        201: {
          description: "Accepted.",
          schema: computationView,
          example: examples.view,
          headers: { Location: "Its address." },
        },
        200: { description: "Accepted earlier, under the same key.", schema: computationView, example: examples.finishedView },
      },
      failures: [
        "invalid",
        "sessionClosed",
        "notFound",
        "tooLarge",
        "keyReused",
        "tooMany",
        "full",
        "unavailable",
        "storageFull",
      ],
      curl: `curl -sS $SERVER/v1/computations -H 'Content-Type: application/json' -d '{"code": "integrate(x, x)"}'`,
    },
    {
      method: "get",
      path: "/v1/computations/{id}",
      handlers: [get],
      tag: "computations",
      summary: "Look at a computation",
      parameters: [computationParameter],
      answers: { 200: { description: "As it is now.", schema: computationView, example: examples.finishedView } },
      failures: ["notFound", "unavailable"],
      curl: "curl -sS $SERVER/v1/computations/$ID",
    },
    {
      method: "delete",
      path: "/v1/computations/{id}",
      handlers: [cancel],
      tag: "computations",
      summary: "Cancel a computation",
      description:
        "Answers at once; the outcome follows as of any other computation (`cancelled`, if nothing was quicker). Running code is " +
        "interrupted (Python's KeyboardInterrupt) and has two seconds to clean up. Repeated while that is under way, it is killed at " +
        "once, and a session in which it ran is closed with it; further repeats change nothing.",
      parameters: [computationParameter],
      answers: {
        202: {
          description: "Will be cancelled.",
          schema: cancelAnswer,
          example: { id: examples.view.id, links: examples.view.links },
        },
      },
      failures: ["notFound", "alreadyFinished", "unavailable"],
      curl: "curl -sS -X DELETE $SERVER/v1/computations/$ID",
    },
    {
      method: "post",
      path: "/v1/computations/{id}/input",
      handlers: [readBody(bounds.smallBodyBytesMax), input],
      tag: "computations",
      summary: "Answer input()",
      description: "After a message `input_request`.",
      parameters: [computationParameter],
      body: { schema: inputBody, required: true, examples: { line: { value: "42" } } },
      answers: { 204: { description: "Passed on." } },
      failures: ["invalid", "notFound", "alreadyFinished", "notWaitingForInput", "tooLarge", "unavailable"],
      curl: `curl -sS $SERVER/v1/computations/$ID/input -H 'Content-Type: application/json' -d '{"value": "42"}'`,
    },
  ];
}
