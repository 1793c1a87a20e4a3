/** The HTTP server around an app, with the limits of a connection; next: ../app.ts. */
import { createServer, type Server } from "node:http";
import type { Express } from "express";
import { bounds } from "#gateway/http/bounds.ts";
import { closeWebSockets, isWebSocketRequest, serveUpgrades } from "#gateway/http/web-sockets.ts";

/** Slow or many connections cost a bounded amount: late headers and bodies are answered 408, connections beyond the limit dropped. */
export function makeServer(app: Express): Server {
  const server = createServer(
    {
      headersTimeout: bounds.headersMs,
      requestTimeout: bounds.requestMs,
      keepAliveTimeout: bounds.keepAliveMs,
      connectionsCheckingInterval: 5_000,
      maxHeaderSize: bounds.headerBytesMax,
      // Two of a header that may come once (Content-Length, Host, …) are two opinions about one request: refused.
      insecureHTTPParser: false,
      requireHostHeader: true,
      noDelay: true,
      shouldUpgradeCallback: isWebSocketRequest,
    },
    app,
  );
  server.maxHeadersCount = bounds.headersMax;
  server.maxConnections = bounds.connectionsMax;
  serveUpgrades(server, app);
  return server;
}

/** Takes no more connections, lets answers under way finish for `graceMs`, then closes what is left (streams, long polls, WebSockets). */
export async function stopServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  closeWebSockets(server, graceMs);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(cut);
}
