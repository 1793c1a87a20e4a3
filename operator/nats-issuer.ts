/**
 * The keys of the auth callout, made from a secret, so that a chart needs no key tool: one signs kernels' rights at NATS, the other opens what
 * nats-server asks; next: nats-signatures.ts.
 *
 *     SANDCELL_NATS_ISSUER_SECRET=... node operator/nats-issuer.ts FILE      writes the lines `issuer: A...` and `xkey: X...` for nats-server
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { fromCurveSeed, fromSeed, type KeyPair, Prefix } from "@nats-io/nkeys";
import { Codec } from "@nats-io/nkeys/lib/codec.js";
import { z } from "zod";
import { quickly } from "#operator/nats-signatures.ts";
import { readSettings } from "#service/settings.ts";

export const issuerSecret = z
  .string()
  .min(32)
  .describe("from it the keys are made by which NATS asks who comes and is answered, 32 characters or more");

const seedFor = (use: string, secret: string) => createHash("sha256").update(`sandcell nats ${use}\n${secret}`).digest();

/** Signs kernels' rights. The same secret gives the same key. */
export const issuerFrom = (secret: string): KeyPair => {
  const seed = seedFor("issuer", secret);
  return quickly(fromSeed(Codec.encodeSeed(Prefix.Account, seed)), seed);
};
/** Opens what nats-server seals: tokens pass NATS, and are nobody's to read there. The same secret gives the same key. */
export const xkeyFrom = (secret: string): KeyPair => fromCurveSeed(Codec.encodeSeed(Prefix.Curve, seedFor("xkey", secret)));

if (process.argv[1] === import.meta.filename) {
  const [, , path] = process.argv;
  if (!path) throw new Error("usage: node operator/nats-issuer.ts FILE");
  const { natsIssuerSecret } = readSettings(z.object({ natsIssuerSecret: issuerSecret }));
  const [issuer, xkey] = [issuerFrom(natsIssuerSecret), xkeyFrom(natsIssuerSecret)];
  writeFileSync(path, `issuer: ${issuer.getPublicKey()}\nxkey: ${xkey.getPublicKey()}\n`);
}
