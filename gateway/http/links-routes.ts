/** Short links to code: what a reader asked this server to keep, and only then; next: oembed-route.ts. */
import type { RequestHandler } from "express";
import { RateLimiterMemory, type RateLimiterRes } from "rate-limiter-flexible";
import { z } from "zod";
import type { Permalinks } from "#database/permalinks.ts";
import { bounds, type SubmissionLimits } from "#gateway/http/bounds.ts";
import { clientOf } from "#gateway/http/clients.ts";
import type { BodyReader } from "#gateway/http/computations-routes.ts";
import { examples } from "#gateway/http/examples.ts";
import type { Parameter, Route } from "#gateway/http/routes.ts";
import { checked, keptLink, linkBody, madeLink } from "#gateway/http/schemas.ts";
import { sendJson } from "#gateway/http/views.ts";
import { Failure } from "#protocol/failures.ts";

export type LinksRoutesParts = {
  permalinks: Permalinks;
  limits: Pick<SubmissionLimits, "codeBytesMax">;
  readBody: BodyReader;
};

/** Links of SageMathCell's are in the same store: their interacts are a list, ours an object with the controls in it. */
const kept = z.object({ controls: keptLink.shape.controls });

export function linksRoutes({ permalinks, limits, readBody }: LinksRoutesParts): Route[] {
  const limiter = new RateLimiterMemory({ points: bounds.linksPerWindow, duration: bounds.linkWindowSeconds });
  const make: RequestHandler = async (request, response) => {
    const { code, language, controls } = checked(linkBody, request.body);
    if (Buffer.byteLength(code) > limits.codeBytesMax)
      throw new Failure("tooLarge", { detail: `The code is longer than ${limits.codeBytesMax} bytes.` });
    const interacts = controls.length === 0 ? "[]" : JSON.stringify({ controls });
    if (Buffer.byteLength(interacts) > bounds.linkControlsBytesMax)
      throw new Failure("tooLarge", { detail: `The controls are longer than ${bounds.linkControlsBytesMax} bytes.` });
    await limiter.consume(clientOf(response).id).catch((refused: RateLimiterRes) => {
      throw new Failure("tooMany", {
        detail: `At most ${bounds.linksPerWindow} links in ${bounds.linkWindowSeconds} seconds.`,
        retryAfterSeconds: refused.msBeforeNext / 1000,
      });
    });
    const id = await permalinks.keep({ code, language, interacts });
    response.setHeader("Location", `/v1/links/${id}`);
    sendJson(response, 201, { id, page: `/#link=${id}` });
  };
  const get: RequestHandler = async (request, response) => {
    const id = String(request.params["id"]);
    const found = id.length <= bounds.linkIdCharsMax ? await permalinks.get(id) : undefined;
    if (!found) throw new Failure("notFound", { detail: "This server keeps no link of this name (any more)." });
    const { code, language } = found;
    const { data } = kept.safeParse(parsed(found.interacts));
    sendJson(response, 200, { code, language, controls: data?.controls ?? [] });
  };
  const id: Parameter = {
    in: "path",
    name: "id",
    description: "The link's id.",
    schema: { type: "string", example: "abcdef" },
  };
  return [
    {
      method: "post",
      path: "/v1/links",
      handlers: [readBody(bounds.smallBodyBytesMax), make],
      tag: "links",
      summary: "Keep code under a short link",
      description: "The code is stored on this server. The same again gets the same link.",
      body: { schema: linkBody, required: true, examples: { code: { code: "factor(2^64 - 1)" } } },
      answers: {
        201: { description: "Kept.", schema: madeLink, example: examples.madeLink, headers: { Location: "What it keeps." } },
      },
      failures: ["invalid", "tooLarge", "tooMany", "unavailable"],
      curl: `curl -sS $SERVER/v1/links -H 'Content-Type: application/json' -d '{"code": "factor(2^64 - 1)"}'`,
    },
    {
      method: "get",
      path: "/v1/links/{id}",
      handlers: [get],
      tag: "links",
      summary: "Read what a short link keeps",
      description: "It goes `linkKeepDays` (in /v1/settings) after it was last read.",
      parameters: [id],
      answers: { 200: { description: "As it was kept.", schema: keptLink, example: examples.keptLink } },
      failures: ["notFound", "unavailable"],
      curl: "curl -sS $SERVER/v1/links/abcdef",
    },
  ];
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
