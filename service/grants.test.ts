import { makeGrant, readGrant } from "#service/grants.ts";

const claims = {
  computation: `c${"1".repeat(25)}`,
  right: "out" as const,
  filesMax: 3,
  bytesMax: 1000,
  expiresAt: 100,
};

describe("a grant", () => {
  const token = makeGrant(claims, "secret");
  test("says what was signed, until it expires", () => {
    expect(readGrant(token, "secret", 99)).toEqual(claims);
    expect(readGrant(token, "secret", 100)).toBeUndefined();
  });
  test("of another secret, changed, cut, doubled or empty is none", () => {
    const forged = `${Buffer.from(JSON.stringify({ ...claims, right: "manage" })).toString("base64url")}.${token.split(".")[1]}`;
    for (const bad of [makeGrant(claims, "other"), forged, token.slice(0, -1), `${token}.${token}`, "", ".", "x", `${token}x`])
      expect(readGrant(bad, "secret", 0)).toBeUndefined();
  });
});
