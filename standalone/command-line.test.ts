/** What may be typed behind `npm start --`; next: main.test.ts. */
import { leaveMs } from "#operator/kernel-pool.ts";
import { readCommandLine } from "#standalone/command-line.ts";
import { kernelsThatFit, systemOptions } from "#standalone/options-of-system.ts";

const paths = { cachePath: "/cache", natsServerPath: "/nats", runscPath: "/runsc", kernelRootPath: "/root" };

test("without options it listens on 127.0.0.1:8080 and keeps two kernels warm", () => {
  const options = systemOptions({ ...paths, ...readCommandLine([]) });
  expect(options).toMatchObject({ host: "127.0.0.1", port: 8080, unsafeWithoutGvisor: false });
  expect(options.pool.capacity.idleMin).toBe(2);
});
test("what is typed is what is started", () => {
  const given = readCommandLine(["--port", "0", "--data=/d", "--kernels", "3", "--isolation", "sandbox"]);
  expect(given).toMatchObject({ port: 0, dataPath: "/d", kernels: 3, isolation: "sandbox" });
});
test("all mistakes are told at once, in words", () => {
  const wrong = () => readCommandLine(["--port", "70000", "--kernels", "x", "--isolation", "none"]);
  expect(wrong).toThrow(/--port must be a port.*\n.*--kernels must be a whole number.*\n?.*/);
  expect(wrong).toThrow(/--isolation must be one of fork, sandbox/);
});
test("an unknown option is refused", () => {
  expect(() => readCommandLine(["--unsafe"])).toThrow(/npm start -- --help/);
});
test("a time limit beyond the longest is refused", () => {
  expect(() => readCommandLine(["--time-limit-seconds", "90", "--time-limit-max-seconds", "30"])).toThrow(/is above/);
});
test("memory says how many kernels fit, but never fewer than are kept warm", () => {
  expect(kernelsThatFit(2, 8 * 1024 ** 3)).toBe(6);
  expect(kernelsThatFit(2, 1024 ** 3)).toBe(2);
  expect(kernelsThatFit(2, 1024 ** 4)).toBe(16);
});
test("a kernel that leaves may finish the longest computation", () => {
  const { pool } = systemOptions({ ...paths, ...readCommandLine(["--time-limit-max-seconds", "300"]) });
  expect(leaveMs(pool)).toBe(340_000);
});
