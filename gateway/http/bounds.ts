/** Every limit of the HTTP side, together; next: server.ts (those of a connection), json-body.ts (those of a body). */

/** Sizes in bytes, times as their names say. */
export const bounds = {
  inputFilesMax: 20,
  inputBytesMax: 4 * 1024 * 1024,
  expressionsMax: 50,
  expressionCharsMax: 4096,
  inputValueCharsMax: 65_536,
  idempotencyKeyCharsMax: 255,
  /** A small request's JSON (input, sessions). */
  smallBodyBytesMax: 512 * 1024,
  /** So much of a refused body is still read, so that its sender hears why. */
  refusedBytesMax: 32 * 1024 * 1024,
  /** Of all bodies being read at one time: beyond it, 503. */
  bodiesBytesMax: 96 * 1024 * 1024,
  longPollSecondsMax: 30,
  heartbeatMs: 15_000,
  /** How often a stream of a waiting computation looks for its place in line. */
  positionMs: 2_000,
  /** A reader that takes nothing for so long is cut off. */
  stuckReaderMs: 30_000,
  problemFieldsMax: 20,
  requestsPerWindow: 6_000,
  requestWindowSeconds: 10,
  rememberedClientsMax: 10_000,
  linksPerWindow: 60,
  linkWindowSeconds: 60,
  linkIdCharsMax: 64,
  oembedUrlCharsMax: 12_000,
  /** Controls of an interact, as JSON. */
  linkControlsBytesMax: 64 * 1024,
  linkControlsMax: 200,
  connectionsMax: 4_096,
  headersMs: 10_000,
  requestMs: 60_000,
  /** Above what clients and proxies keep (60 s is common), so that none is surprised by our closing first. */
  keepAliveMs: 75_000,
  headerBytesMax: 16 * 1024,
  headersMax: 100,
  webSocketsMax: 2_048,
  webSocketsPerClientMax: 256,
  webSocketMessageBytesMax: 8 * 1024 * 1024,
  /** What may pile up for a slow reader of a WebSocket. */
  webSocketBufferBytesMax: 16 * 1024 * 1024,
  /** Who has not answered a ping when the next is due is cut off. */
  webSocketPingMs: 30_000,
} as const;

/** What a deployment sets for submissions. */
export type SubmissionLimits = { codeBytesMax: number; timeoutSecondsMax: number };

/** A computation's body: all files in base64 (4/3), the code with every byte escaped (`\u0000`), and room for the rest. */
export const computationBodyBytesMax = (codeBytesMax: number): number =>
  Math.ceil(bounds.inputBytesMax * 1.34) + codeBytesMax * 6 + bounds.smallBodyBytesMax;
