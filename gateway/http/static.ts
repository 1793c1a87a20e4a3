/** The page and the cell's files, as they were built; next: frame-app.ts (what strangers' HTML runs in). */
import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import express, { type RequestHandler } from "express";
import helmet from "helmet";
import { nameRoute } from "#gateway/http/request-log.ts";
import { Failure } from "#protocol/failures.ts";

/**
 * Nothing but our own files, and the frame for what strangers made. Shadow roots style by adoptedStyleSheets, so no inline styles.
 * `embedded`: any page may show this one in a frame, also one from a file, which no frame-ancestors could name.
 */
export function pageSafety(options: {
  frameOrigin?: string;
  styleHash?: string;
  inline?: boolean;
  embedded?: boolean;
}): RequestHandler {
  const inline = options.inline ? ["'unsafe-inline'"] : [];
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        "default-src": ["'none'"],
        "script-src": ["'self'", ...inline],
        "style-src": ["'self'", ...inline, ...(options.styleHash ? [options.styleHash] : [])],
        "img-src": ["'self'", "blob:", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'"],
        "frame-src": options.frameOrigin ? [options.frameOrigin] : ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        ...(options.embedded ? {} : { "frame-ancestors": ["'self'"] }),
      },
    },
    ...(options.embedded ? { xFrameOptions: false } : {}),
    // Other pages load cell.js; whether all of a host is https is its proxy's to say.
    crossOriginResourcePolicy: { policy: "cross-origin" },
    strictTransportSecurity: false,
    originAgentCluster: false,
  });
}

/** How files that a build made are served: `*`, because pages of other origins load the cell. */
export function builtFiles(directory: string, index: string | false): RequestHandler {
  return express.static(directory, {
    index,
    redirect: false,
    dotfiles: "ignore",
    cacheControl: false,
    setHeaders: (response, path) => {
      response.setHeader(
        "Cache-Control",
        hashed.test(path) || versioned.test(path) ? "public, max-age=31536000, immutable" : "no-cache",
      );
      response.setHeader("Access-Control-Allow-Origin", "*");
    },
  });
}

/** A name with a hash of the content in it, or a folder of that name, never gets another content. */
const versioned = /[\\/]v[\\/][0-9a-f]{16}[\\/]/;
const hashed = /[-.][0-9A-Za-z_]{8,}\.(?:js|css|svg|woff2?|png|json)$/;

/** `directory`: the built cell. Its folder `frame` belongs to the second origin and is not served on this one. */
export function staticFiles(options: { directory: string; frameOrigin: string }): RequestHandler[] {
  const serve = builtFiles(options.directory, "index.html");
  const named: RequestHandler = (request, response, next) => {
    nameRoute(response, "page");
    const path = posix.normalize(decodeURIComponent(request.path));
    if (/^\/(?:frame|threejs)(?:\/|$)/i.test(path)) throw new Failure("notFound");
    next();
  };
  const missing: RequestHandler = (request, response, next) => {
    // A page that names another version goes on with this one, unless it also says what that must be.
    if (/^\/v\/[^/]+\/cell\.js$/.test(request.path))
      return void response
        .set({ "Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache" })
        .redirect(302, "../../cell.js");
    if (request.path !== "/" || existsSync(join(options.directory, "index.html"))) return next();
    response.status(503).type("text").send(missingWords);
  };
  const safety = pageSafety({ frameOrigin: options.frameOrigin });
  const inlineSafety = pageSafety({ frameOrigin: options.frameOrigin, inline: true });
  const embeddedSafety = pageSafety({ frameOrigin: options.frameOrigin, embedded: true });
  const safe: RequestHandler = (request, response, next) => {
    const embedded = request.path === "/embed";
    if (embedded) request.url = request.url.replace("/embed", "/embed.html");
    (embedded ? embeddedSafety : request.path === writtenForSagecell ? inlineSafety : safety)(request, response, next);
  };
  return [named, safe, serve, missing];
}

/** An example that is written as such pages are, with a script and styles in it. All of it is ours. */
const writtenForSagecell = "/examples/sagecell.html";

const missingWords = `The page is not built yet: run "npm start", which builds it.

The interface works without it: see /v1/docs.
`;
