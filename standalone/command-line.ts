/** Reads the command line by the options in options.mjs; next: options-of-system.ts. */
import { parseArgs } from "node:util";
import { StartRefused } from "#standalone/data-folder.ts";
import { type Option, options } from "#standalone/options.mjs";
import type { Given } from "#standalone/options-of-system.ts";

type Kernels = { kernels: number; echo: boolean };
type Value = string | number | boolean | Kernels | undefined;

const largestPort = 65_535;
const echoKernels = 50;

/** Throws StartRefused with all mistakes at once. */
export const readCommandLine = (
  argv: readonly string[],
): Omit<Given, "cachePath" | "natsServerPath" | "runscPath" | "kernelRootPath"> => {
  const values = parse(argv);
  const mistakes: string[] = [];
  const read = (name: string): Value => {
    const option = options.find((one) => one.name === name);
    if (!option) throw new Error(`no option --${name}`);
    const value = typedValue(option, values[name]);
    if (value instanceof Error) mistakes.push(value.message);
    return value instanceof Error ? undefined : value;
  };
  const text = (name: string) => read(name) as string | undefined;
  const number = (name: string) => read(name) as number | undefined;
  const timeLimitMaxSeconds = number("time-limit-max-seconds") ?? 120;
  const given = {
    dataPath: text("data") ?? "./data",
    host: text("host") ?? "127.0.0.1",
    port: number("port") ?? 8080,
    framePort: number("frame-port") ?? 0,
    metricsPort: number("metrics-port") ?? 0,
    frameUrl: text("frame-url"),
    widgetModulesUrl: text("widget-modules-url"),
    token: text("token"),
    ...((read("kernels") ?? { kernels: 2, echo: false }) as Kernels),
    kernelsMax: number("kernels-max"),
    isolation: (text("isolation") ?? "fork") as "fork" | "sandbox",
    timeLimitSeconds: number("time-limit-seconds") ?? Math.min(60, timeLimitMaxSeconds),
    timeLimitMaxSeconds,
    unsafeWithoutGvisor: read("unsafe-without-gvisor") === true,
  };
  if (given.timeLimitSeconds > timeLimitMaxSeconds) mistakes.push("--time-limit-seconds is above --time-limit-max-seconds");
  if (given.kernelsMax !== undefined && given.kernelsMax < Math.max(1, given.kernels))
    mistakes.push("--kernels-max is below --kernels");
  if (mistakes.length > 0)
    throw new StartRefused(`The command line is not right (npm start -- --help explains it):\n  ${mistakes.join("\n  ")}`);
  return given;
};

const parse = (argv: readonly string[]): Record<string, string | boolean | undefined> => {
  try {
    const known = Object.fromEntries(
      options.map(({ name, kind }) => [name, { type: kind === "flag" ? ("boolean" as const) : ("string" as const) }]),
    );
    return parseArgs({ args: [...argv], options: known, allowPositionals: false }).values as Record<
      string,
      string | boolean | undefined
    >;
  } catch (error) {
    throw new StartRefused(`The command line is not right (npm start -- --help explains it):\n  ${(error as Error).message}`);
  }
};

const typedValue = (option: Option, given: string | boolean | undefined): Value | Error => {
  if (given === undefined) return option.kind === "kernels" ? undefined : (option.default ?? undefined);
  if (typeof given === "boolean") return given;
  const { name, kind } = option;
  const wrong = (what: string) => new Error(`--${name} must be ${what}, not ${JSON.stringify(given)}`);
  if (kind === "text") return given;
  if (kind === "choice") return option.choices?.includes(given) ? given : wrong(`one of ${option.choices?.join(", ")}`);
  if (kind === "kernels") {
    const [known, count, echo, echoes] = /^(?:(\d+)|(echo)(?::(\d+))?)$/.exec(given) ?? [];
    if (known === undefined) return wrong("a whole number, or echo, or echo:N");
    return { kernels: Number(count ?? echoes ?? echoKernels), echo: echo !== undefined };
  }
  const number = given.trim() === "" ? Number.NaN : Number(given);
  if (kind === "seconds") return number > 0 && Number.isFinite(number) ? number : wrong("a number of seconds above 0");
  if (!Number.isInteger(number) || number < 0) return wrong("a whole number");
  return kind === "port" && number > largestPort ? wrong(`a port, at most ${largestPort}`) : number;
};
