/**
 * Where a computation's files are in the filestore, and what a grant says; next: failures.ts.
 *
 *     <base>/computations/<cid>/in/<path>    input: PUT by the gateway, GET by the agent, both with a grant
 *     <base>/computations/<cid>/out/<path>   output: PUT by the agent with a grant; anybody who knows the id may GET it
 *     <base>/computations/<cid>              GET lists, DELETE removes all of it: only with a grant to `manage`
 *
 * Two areas, so that user code that makes a folder `in` can neither read nor shadow an input.
 */
import { z } from "zod";
import { computationId } from "#protocol/computation.ts";

export const fileArea = z.enum(["in", "out"]);
export type FileArea = z.infer<typeof fileArea>;

/** What the signed token of a grant says: it holds for one computation and, to write, for one area. */
export const grantClaims = z.object({
  computation: computationId,
  right: z.enum(["in", "out", "manage"]),
  /** Over all PUTs of this computation in this area. */
  filesMax: z.int().nonnegative(),
  bytesMax: z.int().nonnegative(),
  /** ms since 1970. */
  expiresAt: z.int(),
});
export type GrantClaims = z.infer<typeof grantClaims>;

/** One line of a list; `path` begins with its area: `out/a.csv`. */
export const storedFile = z.object({ path: z.string(), size: z.int().nonnegative() });
export const storedFiles = z.object({ files: z.array(storedFile) });
export type StoredFile = z.infer<typeof storedFile>;

/** The header in which a PUT may say the SHA-256 of its body, in hex: a body with another one is refused. */
export const sha256Header = "x-content-sha256";

export const encodePath = (path: string) => path.split("/").map(encodeURIComponent).join("/");

/** `base` is the filestore's own address (`uploadGrant.url`), with or without a slash at its end. */
export const computationFilesUrl = (base: string, computation: string) =>
  `${base.replace(/\/+$/, "")}/computations/${computation}`;
export const fileUrl = (base: string, computation: string, area: FileArea, path: string) =>
  `${computationFilesUrl(base, computation)}/${area}/${encodePath(path)}`;
