/** The second origin: where HTML and scripts that strangers made are shown, in sandboxed frames without cookies; next: main.ts. */
import { join } from "node:path";
import express, { type Express, type RequestHandler } from "express";

/**
 * Only what is framed: `/frame/…` and `/threejs/…` of the built cell. Scripts of strangers run here and may do what a page without
 * an origin, a network or a parent may do: nothing is reached but this origin's three.js.
 */
export function frameApp(options: { directory: string }): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", "strong");
  app.use(frameSafety);
  app.use("/frame", serve(join(options.directory, "frame")));
  app.use("/threejs", serve(join(options.directory, "frame", "threejs")));
  app.get("/healthz", (_request, response) => void response.type("text").send("alive\n"));
  app.use((_request, response) => void response.status(404).type("text").send("Only frames live here.\n"));
  return app;
}

const serve = (directory: string): RequestHandler =>
  express.static(directory, { index: false, redirect: false, dotfiles: "ignore", maxAge: "1h" });

const policy = [
  "sandbox allow-scripts allow-downloads allow-popups",
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' blob: data:",
  "font-src 'self' data:",
  "media-src blob: data:",
  "worker-src blob:",
  "connect-src blob: data:",
  "frame-ancestors *",
  "form-action 'none'",
  "base-uri 'none'",
].join("; ");

const frameSafety: RequestHandler = (_request, response, next) => {
  response.setHeader("Content-Security-Policy", policy);
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Referrer-Policy", "no-referrer");
  response.setHeader("Cross-Origin-Resource-Policy", "cross-origin");
  response.setHeader("Access-Control-Allow-Origin", "*");
  next();
};
