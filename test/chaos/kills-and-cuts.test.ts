/** Each part is killed, and each that has a network is cut off from it for a while; next: full-disk.test.ts. */
import { chaosSuite } from "#test/chaos/suite.ts";

chaosSuite(["kill", "cut"]);
