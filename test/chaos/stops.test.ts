/** Each part is stopped for a while and goes on, or is given up meanwhile; next: kills-and-cuts.test.ts. */
import { chaosSuite } from "#test/chaos/suite.ts";

chaosSuite(["stop"]);
