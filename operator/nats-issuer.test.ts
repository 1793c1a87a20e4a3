/** The key that signs answers to NATS; next: kernel-pool.test.ts. */
import { fromPublic } from "@nats-io/nkeys";
import { issuerKey, issuerLine } from "#operator/nats-issuer.ts";

const secret = "a secret of the installer's, long enough";

describe("the issuer", () => {
  test("is an account of NATS, the same at every operator", () => {
    const said = new TextEncoder().encode("let it in");
    const signature = issuerKey(secret).sign(said);
    expect(fromPublic(issuerKey(secret).getPublicKey()).verify(said, signature)).toBe(true);
    expect(issuerLine(secret)).toMatch(/^issuer: A[A-Z2-7]{55}\n$/);
  });
  test("is another for another secret", () => {
    expect(issuerLine(`${secret}.`)).not.toBe(issuerLine(secret));
  });
});
