/**
 * Attacks as code that says itself how far it got, so that the same code shows the wall (inside) and what would happen without it
 * (bare-python.ts); next: attacks-on-others.ts.
 */
import type { OutcomeKind } from "#protocol/computation.ts";

type Verdict = { kind: OutcomeKind; words?: RegExp; says?: RegExp; messages?: RegExp };
export type Attack = {
  name: string;
  code: string;
  /** How it ends behind the walls, in the words for the user; and what it could still say. */
  inside: Verdict;
  /** Where a pod cannot end as a kernel of one machine does. */
  inPod?: Verdict;
  /** It takes its kernel along: the next computation has another. */
  fellsKernel?: true;
  /** What it says (or, with `lasts`, that it goes on for so many seconds) in a plain Python on this machine. */
  bare?: RegExp | { lasts: number };
  language?: "sage" | "python";
  timeoutSeconds?: number;
};

const MiB = 1024 * 1024;
/** Above the default limits of gateway/settings.ts, and harmless on a machine without walls. */
const processes = 100;
const files = 4_500;
const spaceMiB = 300;
const outputMiB = 12;
/** Together above the wall that those set who run the attacks, each far below its own limit. */
export const memoryWallBytes = 1280 * MiB;
/** The memory wall is the whole pod's: the agent, who could say why, goes with it. */
const podFell: Verdict = { kind: "lost", words: /kernel/ };
const hogs = { count: 8, MiB: 256 };

export const resourceAttacks: Attack[] = [
  {
    name: "a fork bomb",
    code: "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    inside: { kind: "timeout", words: /time limit of 2 s/ },
    // Its agent is in the same sandbox, where the bomb leaves nobody much time: it may be the one who ends it.
    inPod: { kind: "timeout", words: /time limit/ },
    timeoutSeconds: 2,
  },
  {
    name: "more processes than it may have",
    // They stay until the first one ends.
    code: `import os
n = 0
over, goes_on = os.pipe()
try:
    while n < ${processes}:
        if os.fork() == 0: os.close(goes_on); os.read(over, 1); os._exit(0)
        n += 1
except OSError: pass
print('began', n)`,
    inside: { kind: "ok", says: /^began ([0-9]|[1-6][0-9])$/m },
    bare: new RegExp(`^began ${processes}$`, "m"),
    timeoutSeconds: 30,
  },
  {
    name: "a thread bomb",
    code: `import threading, time
n = 0
try:
    while n < ${processes}:
        threading.Thread(target=time.sleep, args=(2,), daemon=True).start(); n += 1
except RuntimeError: pass
print('began', n)`,
    inside: { kind: "ok", says: /^began ([0-9]|[1-6][0-9])$/m },
    bare: new RegExp(`^began ${processes}$`, "m"),
  },
  {
    name: "all memory at once",
    code: `import mmap
m = mmap.mmap(-1, 6 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)
print('has', len(m) >> 30)`,
    inside: { kind: "error", messages: /Cannot allocate memory/ },
    bare: /^has 6$/m,
  },
  {
    name: "a list too long for memory",
    code: "x = [0] * (1 << 30)",
    inside: { kind: "memory", words: /memory/i },
  },
  {
    name: "memory in small steps",
    code: "l = []\nwhile True: l.append(bytearray(1 << 20))",
    inside: { kind: "memory", words: /memory/i },
    inPod: podFell,
    timeoutSeconds: 30,
  },
  {
    name: "memory of several processes that each keep their limit",
    code: `import os
full, fills = os.pipe()
over, goes_on = os.pipe()
for n in range(${hogs.count}):
    if os.fork() == 0:
        os.close(goes_on)
        x = bytearray(${hogs.MiB} << 20)
        for i in range(0, len(x), 4096): x[i] = 1
        os.write(fills, b'x'); os.close(fills)
        os.read(over, 1); os._exit(0)
os.close(fills)
for n in range(${hogs.count}): os.read(full, 1)
alive = 0
for n in range(${hogs.count}):
    try: alive += os.waitpid(-1, os.WNOHANG)[0] == 0
    except OSError: pass
print('hold', alive)`,
    inside: { kind: "memory", words: /ran out of memory/ },
    inPod: podFell,
    fellsKernel: true,
    bare: new RegExp(`^hold ${hogs.count}$`, "m"),
    timeoutSeconds: 30,
  },
  {
    name: "a full disk",
    // In files too big to be given back: sending them would take longest.
    code: `n = 0
try:
    while n < ${spaceMiB}:
        with open('f%d' % (n // 120), 'ab', 0) as f: f.write(bytes(1 << 20))
        n += 1
except OSError as e: print(e.strerror)
print('wrote', n)`,
    inside: { kind: "ok", says: /No space left on device\nwrote (1?[0-9]{1,2}|2[0-5][0-9])$/m },
    bare: new RegExp(`^wrote ${spaceMiB}$`, "m"),
  },
  {
    name: "a full /tmp, /var/tmp and /dev/shm",
    code: `import os
wrote = 0
for place in ('/tmp', '/var/tmp', '/dev/shm'):
    for n in range(100):
        try:
            with open('%s/full%d-%d' % (place, os.getpid(), n), 'wb') as f: f.write(bytes(1 << 20)); wrote += 1
        except OSError: pass
        if place != '/dev/shm':
            try: os.unlink('%s/full%d-%d' % (place, os.getpid(), n))
            except OSError: pass
print('wrote', wrote)
for n in range(100):
    try: os.unlink('/dev/shm/full%d-%d' % (os.getpid(), n))
    except OSError: pass`,
    inside: { kind: "ok", says: /^wrote (1?[0-9]{1,2}|2[0-5][0-9])$/m },
  },
  {
    name: "one file that is too big",
    code: `try:
    with open('big', 'wb') as f: f.seek(${129 * MiB}); f.write(b'x')
    print('wrote it')
except OSError as e: print(e.strerror)`,
    inside: { kind: "ok", says: /File too large/ },
    bare: /^wrote it$/m,
  },
  {
    name: "more files than it may have",
    code: `n = 0
try:
    while n < ${files}:
        open('f%d' % n, 'w').close(); n += 1
except OSError as e: print(e.strerror)
print('made', n)`,
    inside: { kind: "ok", says: /No space left on device\nmade [1-4]?[0-9]{1,3}$/m },
    bare: new RegExp(`^made ${files}$`, "m"),
  },
  {
    name: "open files without end",
    code: `l = []
try:
    while len(l) < 1500: l.append(open('/dev/null'))
except OSError: pass
n = len(l); del l
print('holds', n)`,
    inside: { kind: "ok", says: /^holds ([0-9]{1,3}|10[0-2][0-9])$/m },
    bare: /^holds 1500$/m,
  },
  ...[
    ["lines without end", `import sys\nfor n in range(${outputMiB * 1024}): print('x' * 1023)`],
    ["one huge line", `print('x' * (${outputMiB} << 20))`],
    ["bytes straight to the error output", `import os\nfor n in range(${outputMiB * 16}): os.write(2, b'y' * 65536)`],
    [
      "a program that floods",
      `import subprocess\nsubprocess.run("yes 0123456789abcde | head -c ${outputMiB << 20}", shell=True)`,
    ],
  ].map(
    ([name = "", code = ""]): Attack => ({
      name: `output: ${name}`,
      code: `${code}\nprint('said it all')`,
      inside: { kind: "outputLimit", words: /more than 10485760 bytes or 10000 messages of output/ },
      bare: /said it all\n$/,
      timeoutSeconds: 30,
    }),
  ),
  {
    name: "output: displays without end",
    code: "from IPython.display import display\nwhile True: display(1)",
    inside: { kind: "outputLimit", words: /10000 messages/ },
    timeoutSeconds: 40,
  },
  {
    name: "a loop that hears no signal",
    code: `import signal
for s in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}: signal.signal(s, signal.SIG_IGN)
while True: pass`,
    inside: { kind: "timeout", words: /time limit of 1 s/ },
    bare: { lasts: 2 },
    timeoutSeconds: 1,
  },
  {
    name: "arithmetic in C that hears nothing",
    code: "factorial(10^9)",
    language: "sage",
    inside: { kind: "timeout", words: /time limit of 1 s/ },
    timeoutSeconds: 1,
  },
  {
    name: "a sleep for ever",
    code: "import time\ntime.sleep(10**6)",
    inside: { kind: "timeout", words: /time limit of 1 s/ },
    bare: { lasts: 2 },
    timeoutSeconds: 1,
  },
  {
    name: "a huge integer",
    code: "x = 10 ** (10 ** 10)",
    inside: { kind: "timeout", words: /time limit/ },
    timeoutSeconds: 1,
  },
  {
    name: "recursion without end",
    code: "def f(): return f()\nf()",
    inside: { kind: "error", messages: /RecursionError/ },
  },
  { name: "its own end", code: "import os\nos._exit(7)", inside: { kind: "error", words: /exit code 7/ } },
  {
    name: "a segmentation fault",
    code: "import ctypes\nctypes.string_at(0)",
    inside: { kind: "error", words: /SIGSEGV/ },
  },
  {
    name: "its own killing",
    code: "import os\nos.kill(os.getpid(), 9)",
    inside: { kind: "error", words: /SIGKILL/ },
  },
];
