/** Attacks on what is not theirs: the network, the host, other processes, the next computation, who collects files; next: abuse.test.ts. */
import type { Attack } from "#test/end-to-end/attacks.ts";

const attempt = `
import os, socket, sys, time
def attempt(f, *a):
    try: return repr(f(*a))
    except BaseException as e: return type(e).__name__
`;

/** What there is outside: where something of the system listens, and another's process that has a variable SECRET. */
export type Reachable = { addresses: readonly (readonly [host: string, port: number])[]; pid: number };

export const reachingAttacks = ({ addresses, pid }: Reachable): Attack[] => [
  {
    name: "where the system's own processes listen, the ledger first",
    code: `${attempt}
for place in ${JSON.stringify(addresses)}:
    s = socket.socket(); s.settimeout(2)
    print(attempt(s.connect, tuple(place)))`,
    inside: { kind: "ok", says: /^((ConnectionRefusedError|OSError)\n)+$/ },
    bare: /^None$/m,
  },
  {
    name: "the network: cloud metadata, the Internet, names, raw sockets",
    code: `${attempt}
for a in (('169.254.169.254', 80), ('10.96.0.1', 443), ('1.1.1.1', 53)):
    s = socket.socket(); s.settimeout(2); print('reached', attempt(s.connect, a)); s.close()
print('reached', attempt(socket.getaddrinfo, 'example.org', 80))
print('reached', attempt(socket.socket, socket.AF_INET, socket.SOCK_RAW, 1))
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); print('reached', attempt(s.sendto, b'x', ('1.1.1.1', 53)))`,
    inside: { kind: "ok", says: /^(reached (OSError|gaierror|PermissionError|TimeoutError)\n){6}$/ },
  },
  {
    name: "raw packets",
    code: `${attempt}
print(attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).family))`,
    inside: { kind: "ok", says: /^PermissionError$/m },
    bare: /AF_INET/,
  },
  {
    name: "other processes and their environment in /proc",
    code: `${attempt}
pids = [int(p) for p in os.listdir('/proc') if p.isdigit()]
print('others', len([p for p in pids if p != os.getpid()]) > 0)
print('secret', 'SECRET' in attempt(lambda: open('/proc/${pid}/environ').read()))`,
    inside: { kind: "ok", says: /^others False\nsecret False$/m },
    bare: /^others True\nsecret True$/m,
  },
  {
    name: "signals to others",
    code: `${attempt}
print(attempt(os.kill, ${pid}, 0))`,
    inside: { kind: "ok", says: /^ProcessLookupError$/m },
    bare: /^None$/m,
  },
  {
    name: "the host's files",
    code: `${attempt}
print(os.path.exists(${JSON.stringify(import.meta.filename)}), os.getuid())`,
    inside: { kind: "ok", says: /^False 65534$/m },
    bare: /^True 0$/m,
  },
  {
    name: "what the next computation would run",
    code: `${attempt}
print([attempt(open, p, 'a') for p in ('/opt/kernel/main.py', os.__file__, '/etc/passwd')])`,
    inside: {
      kind: "ok",
      says: /^\['(OSError|PermissionError)', '(OSError|PermissionError)', '(OSError|PermissionError)'\]$/m,
    },
  },
];

/** What it leaves, and what the next one (\`then\`) sees of it. */
export const leavings = {
  leave: `${attempt}
import builtins
for d in ('/tmp', '/dev/shm', '.'): open(d + '/sandcell-left', 'w').write('x')
builtins.left = os.environ['LEFT'] = '1'
s = socket.socket(socket.AF_UNIX); s.bind('\\0sandcell-left'); s.listen()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        import signal
        for n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)
        while True: time.sleep(0.1)
    os._exit(0)
os.wait()
print('left')`,
  look: `${attempt}
import builtins
print('files', [os.path.exists(d + '/sandcell-left') for d in ('/tmp', '/dev/shm', '.')].count(True))
print('names', hasattr(builtins, 'left'), 'LEFT' in os.environ)
print('socket', attempt(socket.socket(socket.AF_UNIX).connect, '\\0sandcell-left'))
print('daemons', len([p for p in os.listdir('/proc') if p.isdigit() and int(p) != os.getpid()]) > 0)
for d in ('/tmp', '/dev/shm'):
    try: os.unlink(d + '/sandcell-left')
    except OSError: pass`,
  nothing: /^files 0\nnames False False\nsocket ConnectionRefusedError\ndaemons False$/m,
  all: /^files 3\nnames True True\nsocket None\ndaemons True$/m,
};

/** Files that lead elsewhere, and names that are none: what is offered for download is \`good.txt\` alone. */
export const hostileFiles = `import os
open('good.txt', 'w').write('good')
os.symlink('/etc/passwd', 'passwd'); os.symlink('/proc/self/environ', 'environ'); os.symlink('/dev/zero', 'zero'); os.symlink('loop', 'loop')
os.symlink('good.txt', 'inside'); os.symlink('/etc', 'folder')
os.mkfifo('fifo')
import socket
s = socket.socket(socket.AF_UNIX); s.bind('socket')
for name in (b'new\\nline', b'cr\\rname', b'\\xff\\xfe', b'back\\\\slash', 'right\\u202eleft'.encode()):
    try: open(name, 'w').write('x')
    except OSError as e: pass
print(open('passwd').read()[:4])`;
