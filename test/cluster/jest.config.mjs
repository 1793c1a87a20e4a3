// Tests on a real Kubernetes: apart from the others, because they need its programs and the machine's namespaces. Next: control-plane.ts.
import base from "../../jest.config.mjs";

export default {
  ...base,
  rootDir: "../..",
  testMatch: ["<rootDir>/**/*.cluster.test.ts"],
  // A pod starts in a second, on a busy machine in many.
  testTimeout: 60_000,
};
