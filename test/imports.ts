/** What a source imports, read from its text; next: architecture.test.ts. */

/** `type`: gone when it runs. `lazy`: loaded when it is first needed. */
export type Import = { from: string; type: boolean; lazy: boolean };

const statement = /^(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?["']([^"'\n]+)["']/gm;
const call = /(typeof\s+)?(?<![\w.])import\(\s*["']([^"'\n]+)["']\s*\)/g;

/** Imports of TypeScript and JavaScript; those inside comments and templates that begin a line count too. */
export const importsOf = (text: string): Import[] => [
  ...[...text.matchAll(statement)].map(([, type, from]) => ({ from: from ?? "", type: !!type, lazy: false })),
  ...[...text.matchAll(call)].map(([, type, from]) => ({ from: from ?? "", type: !!type, lazy: true })),
];

/** The npm package or the guarded built-in that an import names; undefined for ours, harmless built-ins and what the build makes. */
export const packageOf = (from: string): string | undefined => {
  if (from === "node:sqlite") return from;
  if (/^(#|\.|node:|virtual:)|\$\{/.test(from)) return undefined;
  return from
    .split("/")
    .slice(0, from.startsWith("@") ? 2 : 1)
    .join("/");
};

const standardLibrary = new Set(
  (
    "__future__ abc argparse array ast asyncio atexit base64 binascii bisect builtins codecs collections concurrent contextlib copy ctypes dataclasses datetime " +
    "email errno faulthandler fcntl fnmatch functools gc getpass glob gzip hashlib heapq html http importlib inspect io itertools json keyword " +
    "linecache locale logging lzma marshal math mimetypes mmap multiprocessing numbers operator os pathlib pickle platform pprint queue random re " +
    "resource runpy secrets select shlex shutil signal site socket sqlite3 stat statistics string struct subprocess sys sysconfig tarfile tempfile " +
    "termios textwrap threading time timeit token tokenize traceback tty types typing unicodedata unittest urllib uuid warnings weakref zipfile zlib"
  ).split(" "),
);
const pythonStatement = /^[ \t]*(?:from\s+([\w.]+)\s+import\b|import\s+([\w., \t]+))/gm;
/** Says what a paragraph says, or a program that runs somewhere else, and imports nothing here. */
const pythonText = /"""[\s\S]*?"""/g;

/** The top names of Python's imports that are neither relative nor the standard library's. */
export const pythonImportsOf = (text: string): string[] =>
  [...text.replaceAll(pythonText, '""').matchAll(pythonStatement)]
    .flatMap(([, from, names]) => (from ? [from] : (names ?? "").split(",").map((name) => name.trim().split(/\s/)[0] ?? "")))
    .filter((name) => !name.startsWith("."))
    .map((name) => name.split(".")[0] ?? "")
    .filter((name) => !standardLibrary.has(name));
