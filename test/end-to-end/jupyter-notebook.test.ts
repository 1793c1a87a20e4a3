/** A notebook with plots and a slider, run by nbclient through Jupyter Server's gateway client on the real system; next: abuse.test.ts. */
import { spawn } from "node:child_process";
import { jest } from "@jest/globals";
import { type LiveSystem, startLiveSystem } from "#test/end-to-end/live-system.ts";

jest.setTimeout(60_000);

type Output = { output_type: string; text?: string; ename?: string; data?: Record<string, string>; execution_count?: number };
type Cell = { outputs: Output[]; execution_count: number | null };
type Notebook = { cells: Cell[]; metadata: { language_info?: { name: string }; widgets?: Record<string, { state: object }> } };

const env = { ...process.env, PYTHONPATH: process.env["SANDCELL_JUPYTER_PACKAGES"] ?? "" };
const script = new URL("../jupyter/run_notebook.py", import.meta.url).pathname;
let system: LiveSystem;
beforeAll(async () => {
  system = await startLiveSystem({ kernels: 1, kernelsMax: 1 });
});
afterAll(async () => {
  expect(await system?.end()).toEqual([]);
});

const notebookOf = (kernel: string, sources: string[]) => ({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { kernelspec: { name: kernel, display_name: kernel } },
  cells: sources.map((source, n) => ({
    cell_type: "code",
    id: `c${n}`,
    source,
    outputs: [],
    metadata: {},
    execution_count: null,
  })),
});
const run = (notebook: object) =>
  new Promise<Notebook>((resolve, reject) => {
    const child = spawn("python3", [script, system.url], { env, stdio: ["pipe", "pipe", "pipe"], timeout: 50_000 });
    let [text, errors] = ["", ""];
    child.stdout.on("data", (piece) => {
      text += piece;
    });
    child.stderr.on("data", (piece) => {
      errors += piece;
    });
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve(JSON.parse(text) as Notebook) : reject(new Error(`${code}: ${errors.slice(-2000)}`)),
    );
    child.stdin.end(JSON.stringify(notebook));
  });
const typesOf = ({ outputs }: Cell) => outputs.map(({ output_type }) => output_type);

test("a notebook runs from its first cell to its last, with plots, a slider, an update, and an error", async () => {
  const { cells, metadata } = await run(
    notebookOf("sagemath", [
      "a = 2^10\nprint('hello')\na",
      "plot(sin, (0, 5))",
      "@interact\ndef f(n=slider(1, 5)):\n    print('n is', n)",
      "from IPython.display import display\nhandle = display('before', display_id=True)\nhandle.update('after');",
      "1/0",
    ]),
  );
  const [first, plot, slider, update, error] = cells as [Cell, Cell, Cell, Cell, Cell];
  expect(cells.map(({ execution_count }) => execution_count)).toEqual([1, 2, 3, 4, 5]);
  expect(first.outputs[0]?.text).toBe("hello\n");
  expect(first.outputs[1]).toMatchObject({ output_type: "execute_result", data: { "text/plain": "1024" }, execution_count: 1 });
  const png = plot.outputs.map(({ data }) => data?.["image/png"]).find(Boolean) ?? "";
  expect(Buffer.from(png, "base64").subarray(1, 4).toString()).toBe("PNG");
  expect(slider.outputs.flatMap(({ data }) => Object.keys(data ?? {}))).toContain("application/vnd.jupyter.widget-view+json");
  const { state = {} } = metadata.widgets?.["application/vnd.jupyter.widget-state+json"] ?? {};
  expect(JSON.stringify(state)).toContain("IntSliderModel");
  expect(update.outputs.map(({ data }) => data?.["text/plain"])).toEqual(["'after'"]);
  expect([typesOf(error), error.outputs[0]?.ename]).toEqual([["error"], "ZeroDivisionError"]);
  expect(metadata.language_info?.name).toBe("python");
});
