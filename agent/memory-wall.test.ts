/** What the kernel of the machine tells of memory that ran out; next: agent.test.ts. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { memoryWall, oomKills } from "#agent/memory-wall.ts";
import { temporaryFolders } from "#test/folders.ts";

const folder = temporaryFolders();

describe("the memory wall", () => {
  test("is read from cgroup v2's memory.events", () => {
    expect(oomKills("low 0\nhigh 0\nmax 12\noom 2\noom_kill 3\noom_group_kill 1\n")).toBe(3);
  });
  test("is read from cgroup v1's memory.oom_control", () => {
    expect(oomKills("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n")).toBe(1);
  });
  test("says nothing where there is nothing to read", () => {
    expect(oomKills("oom_kill_disable 0\nunder_oom 0\n")).toBeUndefined();
    expect(memoryWall(undefined)()).toBe(false);
    expect(memoryWall("/nowhere/memory.events")()).toBe(false);
  });
  test("counts only what was killed since", () => {
    const path = join(folder(), "memory.events");
    writeFileSync(path, "oom_kill 2\n");
    const killed = memoryWall(path);
    expect(killed()).toBe(false);
    writeFileSync(path, "oom_kill 3\n");
    expect(killed()).toBe(true);
  });
});
