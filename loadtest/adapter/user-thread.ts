/** The thread of a user: k6's modules are found here, the script is loaded, and does what it is asked; next: k6/core.ts. */
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import type { Done, Task } from "#loadtest/adapter/user.ts";

const { script, environment, id } = workerData as { script: string; environment: Record<string, string>; id: number };
const places: Record<string, string> = {
  k6: "./k6/core.ts",
  "k6/http": "./k6/http.ts",
  "k6/ws": "./k6/ws.ts",
  "k6/metrics": "./k6/metrics.ts",
  "k6/execution": "./k6/execution.ts",
};
registerHooks({
  resolve: (specifier, context, next) => {
    const place = places[specifier];
    return place ? { url: new URL(place, import.meta.url).href, shortCircuit: true } : next(specifier, context);
  },
});
Object.assign(globalThis, { __ENV: environment, __VU: id, __ITER: 0 });

const loaded = (await import(pathToFileURL(script).href)) as Record<string, unknown>;
const { takeSamples } = await import("./k6/metrics.ts");
const { beginIteration } = await import("./k6/execution.ts");

async function perform(task: Task): Promise<unknown> {
  if (task.do === "options") return loaded["options"];
  const run = (name: string, argument?: unknown) => (loaded[name] as (argument?: unknown) => unknown)(argument);
  if (task.do === "summary") return run("handleSummary", task.data);
  beginIteration(task.iteration, id);
  await run(task.iteration.exec);
  return undefined;
}

parentPort?.on("message", (task: Task) => {
  void perform(task).then(
    (result) => parentPort?.postMessage({ result, samples: takeSamples() } satisfies Done),
    (error: Error) => parentPort?.postMessage({ samples: takeSamples(), error: error.stack ?? String(error) } satisfies Done),
  );
});
