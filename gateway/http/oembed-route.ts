/** oEmbed: a site that is given a link to code learns how to show it as a cell; next: service-routes.ts. */
import type { Request, RequestHandler } from "express";
import { z } from "zod";
import { bounds } from "#gateway/http/bounds.ts";
import { examples } from "#gateway/http/examples.ts";
import type { Parameter, Route } from "#gateway/http/routes.ts";
import { checked, oembedAnswer } from "#gateway/http/schemas.ts";
import { sendJson } from "#gateway/http/views.ts";
import { Failure } from "#protocol/failures.ts";

const pixels = z
  .string()
  .regex(/^\d{1,5}$/, "is a number of pixels")
  .transform(Number);
const query = z.object({
  url: z.string().max(bounds.oembedUrlCharsMax),
  format: z.enum(["json"]).default("json"),
  maxwidth: pixels.default(800),
  maxheight: pixels.default(400),
});
const widthMax = 800;
const heightMax = 400;

export function oembedRoute(): Route {
  const answer: RequestHandler = (request, response) => {
    const { url, maxwidth, maxheight } = checked(query, request.query);
    const server = `${request.protocol}://${request.host}`;
    const source = server + embedOf(request, url);
    const [width, height] = [Math.min(maxwidth, widthMax), Math.min(maxheight, heightMax)];
    const title = "SageMath code";
    const html = `<iframe src="${source}" title="${title}" width="${width}" height="${height}" style="border: 0"></iframe>`;
    response.setHeader("Access-Control-Allow-Origin", "*");
    const provider = { provider_name: "Sandcell", provider_url: `${server}/` };
    sendJson(response, 200, { version: "1.0", type: "rich", title, ...provider, width, height, html });
  };
  const parameter = (name: string, description: string, required = false): Parameter => ({
    in: "query",
    name,
    description,
    required,
    schema: { type: name.startsWith("max") ? "integer" : "string" },
  });
  return {
    method: "get",
    path: "/oembed",
    handlers: [answer],
    tag: "links",
    summary: "How to show a link to code in a page (oEmbed)",
    description: "For sites that turn a pasted link into a frame. Links of this server's start page and of `/embed` are known.",
    parameters: [
      parameter("url", "The link, with its fragment.", true),
      parameter("maxwidth", "Pixels."),
      parameter("maxheight", "Pixels."),
      parameter("format", "Only `json`."),
    ],
    answers: { 200: { description: "A frame.", schema: oembedAnswer, example: examples.oembed } },
    failures: ["invalid", "notFound"],
    curl: 'curl -sS -G $SERVER/oembed --data-urlencode "url=$SERVER/#code=factor(12)"',
  };
}

/** Path, query and fragment of the page to frame, safe inside an attribute. */
function embedOf(request: Request, link: string): string {
  const url = URL.canParse(link) ? new URL(link) : undefined;
  const known = url?.host === request.host && (url.pathname === "/" || url.pathname === "/embed");
  if (!url || !known || !/^#(?:code|link)=/.test(url.hash))
    throw new Failure("notFound", { detail: "This is no link to code on this server." });
  const query = url.pathname === "/embed" ? url.search : "";
  return `/embed${query}${url.hash}`.replaceAll("&", "&amp;").replaceAll('"', "%22").replaceAll("<", "%3C");
}
