// The protocol suite: apart from the other tests, because it needs a server that runs already. Next: client.ts.
export default {
  rootDir: "../..",
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  testMatch: ["<rootDir>/test/protocol/*.checks.ts"],
  transform: { "\\.ts$": "<rootDir>/test/strip-types.cjs" },
  moduleNameMapper: { "^#([a-z-]+/.*)$": "<rootDir>/$1" },
  // A session may have to wait for a kernel that is started for it.
  testTimeout: 120_000,
};
