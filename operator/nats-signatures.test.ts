/** Signatures of NATS' tokens, against the library's own; next: auth-callout.test.ts. */
import { decode, encodeUser } from "@nats-io/jwt";
import { createUser, fromSeed, Prefix } from "@nats-io/nkeys";
import { Codec } from "@nats-io/nkeys/lib/codec.js";
import { issuerFrom } from "#operator/nats-issuer.ts";
import { quickly, signedClaims } from "#operator/nats-signatures.ts";

const seed = Buffer.alloc(32, 7);
const slow = fromSeed(Codec.encodeSeed(Prefix.Account, seed));
const data = new TextEncoder().encode("a message");

test("a quick key is the same key: its name, its signatures, and who checks them", () => {
  const quick = quickly(slow, seed);
  expect(quick.getPublicKey()).toBe(slow.getPublicKey());
  expect(quick.sign(data)).toEqual(slow.sign(data));
  expect(quick.verify(data, slow.sign(data))).toBe(true);
});
test("the library takes what it signs, and it takes what the library signs", async () => {
  const token = await encodeUser("k", createUser(), issuerFrom("a secret of thirty-two characters or more"), {}, {});
  expect(signedClaims(token)).toEqual(decode(token));
  expect(signedClaims(await encodeUser("k", createUser(), slow, {}, {}))).toMatchObject({
    name: "k",
    iss: slow.getPublicKey(),
  });
});
test("a token that somebody changed, or that is none, is refused", async () => {
  const [header, payload = "", signature] = (await encodeUser("k", createUser(), quickly(slow, seed), {}, {})).split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as object;
  const other = Buffer.from(JSON.stringify({ ...claims, name: "other" })).toString("base64url");
  expect(() => signedClaims(`${header}.${other}.${signature}`)).toThrow("did not sign");
  for (const odd of ["", "a.b", "e30.e30.", `${header}.${payload}.${signature}.more`])
    expect(() => signedClaims(odd)).toThrow();
});
