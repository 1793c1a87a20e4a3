// The protocol suite: apart from the other tests, because it needs a server that runs already. Next: client.ts.
export default {
  rootDir: "../..",
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  testMatch: ["<rootDir>/test/protocol/*.checks.ts"],
  transform: { "\\.ts$": "<rootDir>/test/strip-types.cjs" },
  moduleNameMapper: { "^#(.*)$": "<rootDir>/$1" },
  testTimeout: 20_000,
};
