/** Which paths a file may have; next: examples.test.ts. */
import { filePath, filePathFault } from "#protocol/file-path.ts";
import { fileUrl } from "#protocol/files.ts";

describe("a file's path", () => {
  test.each(["a", "a b.csv", "sub/dir/ü.txt", "...", "-rf", `${"x".repeat(255)}`, `${"d/".repeat(15)}f`])(
    "may be %s",
    (path) => {
      expect(filePath.parse(path)).toBe(path);
    },
  );
  test.each([
    ["", "empty"],
    ["/etc/passwd", "empty, . or .."],
    ["a//b", "empty, . or .."],
    ["a/../b", "empty, . or .."],
    ["./a", "empty, . or .."],
    ["a/", "empty, . or .."],
    ["a\nb", "control"],
    ["a\0", "control"],
    ["a\\b", "backslash"],
    ["\u202egpj.exe", "direction"],
    ["\ud800", "Unicode"],
    [".sandcell", "reserved"],
    ["a/.sandcell-x/b", "reserved"],
    ["ü".repeat(128), "255 bytes"],
    [`${"x".repeat(250)}/`.repeat(5), "1024 bytes"],
    [`${"d/".repeat(16)}f`, "16 folders"],
  ])("may not be %j: %s", (path, why) => {
    expect(filePathFault(path)).toContain(why);
    expect(filePath.safeParse(path).success).toBe(false);
  });
  test("keeps its slashes in an address, and nothing else that means something there", () => {
    expect(fileUrl("http://files/", "c1", "out", "a b/ü?#%.csv")).toBe(
      "http://files/computations/c1/out/a%20b/%C3%BC%3F%23%25.csv",
    );
  });
});
