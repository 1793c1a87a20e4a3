"""The wall between a child and everything else in its sandbox, attacked from inside; next: run.py."""

import os
import unittest

from shared import kernel

FIND = """
import os, sys, ctypes, signal, socket, time
libc = ctypes.CDLL(None, use_errno=True)
def attempt(what, *args):
    try: return what(*args)
    except BaseException as e: return type(e).__name__
"""


class Attacks(unittest.TestCase):
    def tearDown(self):
        self.assertEqual(kernel().run("1+1").data["text/plain"], "2")

    def say(self, code, **how):
        result = kernel().run(FIND + code, language="python", **how)
        return result.text()

    def test_it_sees_no_process_but_its_own(self):
        said = self.say("print(os.getpid(), os.getuid(), sorted(p for p in os.listdir('/proc') if p.isdigit()))")
        self.assertEqual(said, "1 65534 ['1']\n")

    def test_it_holds_no_descriptor_but_its_own(self):
        said = self.say("for f in sorted(os.listdir('/proc/self/fd'), key=int): print(f, attempt(os.readlink, '/proc/self/fd/' + f))")
        targets = [line.split(" ", 1)[1] for line in said.splitlines()]
        sockets = [target for target in targets if target.startswith("socket")]
        pipes = [target for target in targets if target.startswith("pipe")]
        self.assertLessEqual(len(sockets), 1, said)
        self.assertLessEqual(len(pipes), 2, said)

    def test_signals_reach_nobody_else(self):
        said = self.say("for p in (0, 2, 3, 4, 5, 10, 50): print(p, attempt(os.kill, p, 0) if p else '')\nprint(attempt(os.killpg, 2, 9))")
        for pid in (2, 3, 4, 5, 10, 50):
            self.assertIn("%d ProcessLookupError" % pid, said)

    def test_it_cannot_trace_or_read_another_process(self):
        said = self.say("for p in range(2, 40): assert libc.ptrace(16, p, 0, 0) == -1\nprint(attempt(open, '/proc/2/mem', 'rb'), attempt(open, '/proc/2/environ'))")
        self.assertEqual(said, "FileNotFoundError FileNotFoundError\n")

    def test_mounts_cannot_be_changed_or_taken_away(self):
        said = self.say(
            "print([libc.umount2(p, 2) for p in (b'/tmp', b'/proc', b'/dev/shm', b'/')], libc.mount(b'none', b'/mnt', b'tmpfs', 0, None),"
            " libc.mount(b'none', b'/', None, 0x20 | 0x4000, None))"
        )
        self.assertEqual(said, "[-1, -1, -1, -1] -1 -1\n")

    def test_the_root_and_the_kernels_own_files_are_read_only(self):
        said = self.say("print([attempt(open, p, 'w') for p in ('/x', '/usr/x', '/opt/kernel/main.py', '/etc/passwd')])")
        self.assertNotIn("TextIOWrapper", said)

    def test_the_hosts_files_are_not_there(self):
        here = os.path.dirname(os.path.abspath(__file__))
        said = self.say("print([os.path.exists(p) for p in (%r, '/proc/1/root' + %r, '/sys/fs/cgroup/memory')], attempt(os.listdir, '/home'))" % (here, here))
        self.assertEqual(said, "[False, False, False] []\n")

    def test_nothing_is_left_for_the_next(self):
        leave = (
            "open('/tmp/left', 'w').write('x'); open('/dev/shm/left', 'w').write('x'); open('left', 'w').write('x')\n"
            "s = socket.socket(socket.AF_UNIX); s.bind('\\0left')\nprint(libc.shmget(4711, 100, 0o1666) >= 0)\n"
            "os.environ['LEFT'] = '1'\nimport builtins; builtins.left = 1"
        )
        self.say(leave)
        said = self.say(
            "print(os.path.exists('/tmp/left'), os.path.exists('/dev/shm/left'), os.path.exists('left'), os.environ.get('LEFT'))\n"
            "s = socket.socket(socket.AF_UNIX); print(attempt(s.connect, '\\0left'))\nprint(libc.shmget(4711, 100, 0o666))\n"
            "import builtins; print(hasattr(builtins, 'left'), [f for f in os.listdir('/tmp')if 'left' in f])"
        )
        self.assertEqual(said, "False False False None\nConnectionRefusedError\n-1\nFalse []\n")

    def test_the_words_of_earlier_computations_are_not_in_its_memory(self):
        secret = "correct horse %s staple" % "battery"
        for _ in range(3):
            kernel().run("print('%s' + ' tray')" % secret)
        said = self.say(
            "needle = b'correct horse ' + b'battery' + b' staple' + b' tray'\nfound = 0\n"
            "mem = open('/proc/self/mem', 'rb', 0)\n"
            "for line in open('/proc/self/maps').read().splitlines():\n"
            "    span, mode = line.split()[:2]\n"
            "    a, b = (int(x, 16) for x in span.split('-'))\n"
            "    if 'r' not in mode or 'w' not in mode or b - a > 1 << 28: continue\n"
            "    try:\n        mem.seek(a); data = mem.read(b - a)\n    except (OSError, ValueError, OverflowError): continue\n"
            "    found += data.count(needle)\nprint(found)",
            wallMs=25000,
        )
        # Its own two copies at most: the joined needle, and where it was made.
        self.assertLessEqual(int(said), 2)

    def test_daemons_die_with_their_computation(self):
        self.say("import subprocess\nsubprocess.Popen(['setsid', 'nohup', 'sh', '-c', 'trap \"\" HUP TERM; while :; do echo x >> /tmp/alive; sleep 0.1; done'])")
        said = self.say("print(len([p for p in os.listdir('/proc') if p.isdigit()]), attempt(os.kill, -1, 0))")
        self.assertTrue(said.startswith("1 "), said)

    def test_there_is_no_network(self):
        said = self.say(
            "for a in (('169.254.169.254', 80), ('127.0.0.1', 4222), ('10.96.0.1', 443), ('1.1.1.1', 53)):\n"
            "    s = socket.socket(); s.settimeout(2); print(attempt(s.connect, a)); s.close()\n"
            "print(attempt(socket.socket, socket.AF_INET, socket.SOCK_RAW, 1), attempt(socket.socket, socket.AF_PACKET, socket.SOCK_RAW, 3))\n"
            "print(attempt(socket.getaddrinfo, 'example.org', 80))"
        )
        self.assertNotIn("None", said)
        self.assertNotIn("socket.socket", said)

    def test_stopping_everything_stops_only_itself(self):
        result = kernel().run(FIND + "for p in (-1, 0, os.getpid()): attempt(os.kill, p, signal.SIGSTOP)\ntime.sleep(9)", language="python", wallMs=2000)
        self.assertIn(result.kind, ("timeout", "ok"))

    def test_a_child_that_lies_on_its_line_is_killed(self):
        for bytes_sent in ("b'\\xff' * 100", "b'\\0\\0\\0\\5\\0nono'", "b'\\0\\0\\0\\3\\0{}'", "b'\\x7f\\xff\\xff\\xff\\0'", "b'\\0\\0\\0\\x09\\1\\0\\0\\0\\0xxxx'"):
            code = FIND + (
                "import stat\nfor f in range(3, 64):\n    try:\n        if stat.S_ISSOCK(os.fstat(f).st_mode): os.write(f, %s)\n    except OSError: pass\ntime.sleep(20)"
                % bytes_sent
            )
            result = kernel().run(code, language="python", wallMs=8000)
            self.assertEqual(result.kind, "error", (bytes_sent, result.done))

    def test_a_child_that_floods_its_line_costs_no_memory(self):
        code = FIND + "import stat\nfor f in range(3, 64):\n    try:\n        if stat.S_ISSOCK(os.fstat(f).st_mode):\n            while True: os.write(f, bytes(65536))\n    except OSError: pass\ntime.sleep(20)"
        result = kernel().run(code, language="python", wallMs=5000)
        self.assertEqual(result.kind, "error", result.done)

    def test_a_text_ring_full_of_lies_ends_its_child(self):
        code = FIND + (
            "import mmap, gc\nfor o in gc.get_objects():\n    if type(o).__name__ == 'RingWriter':\n        m = o._memory; m[0:8] = b'\\xff' * 8\n"
            "        m[16:1000] = b'\\xee' * 984\ntime.sleep(6)"
        )
        result = kernel().run(code, language="python", wallMs=4000)
        self.assertIn(result.kind, ("error", "timeout"), result.done)

    def test_no_namespace_of_its_own_makes_it_root_or_gives_it_space(self):
        said = self.say(
            "nr = {'unshare': (272, 0x10020000), 'clone': (56, 0x10000011), 'clone3': (435, 0), 'setns': (308, 0), 'mount': (165, 0),\n"
            "    'open_tree': (428, 0), 'fsopen': (430, 0), 'move_mount': (429, 0), 'chroot': (161, 0), 'ptrace': (101, 0)}\n"
            "print({n: libc.syscall(k, a, 0, 0, 0, 0) for n, (k, a) in nr.items() if libc.syscall(k, a, 0, 0, 0, 0) >= 0})\n"
            "pid = os.fork()\nif pid == 0: os._exit(0 if libc.unshare(0x10000000) < 0 and libc.unshare(0x20000) < 0 else 1)\n"
            "print(os.waitpid(pid, 0)[1], os.system('unshare -Ur true 2>/dev/null') != 0)"
        )
        self.assertEqual(said, "{}\n0 True\n")

    def test_memory_of_others_is_out_of_reach_of_every_call(self):
        said = self.say(
            "class Iov(ctypes.Structure): _fields_ = [('base', ctypes.c_void_p), ('len', ctypes.c_size_t)]\n"
            "buffer = ctypes.create_string_buffer(64)\nhere, there = Iov(ctypes.addressof(buffer), 64), Iov(id(libc), 64)\n"
            "for p in range(2, 60):\n"
            "    for call in (libc.process_vm_readv, libc.process_vm_writev):\n"
            "        assert call(p, ctypes.byref(here), 1, ctypes.byref(there), 1, 0) == -1\n"
            "    assert libc.syscall(434, p, 0) == -1 and libc.syscall(62, p, 19) == -1 and libc.syscall(200, p, 9) == -1\n"
            "    for name in ('environ', 'maps', 'mem', 'cmdline', 'root', 'cwd', 'fd'):\n"
            "        assert not os.path.lexists('/proc/%d/%s' % (p, name)), p\n"
            "print('whole')"
        )
        self.assertEqual(said, "whole\n")

    def test_queues_and_semaphores_are_its_own(self):
        leave = "print(libc.msgget(4712, 0o1666) >= 0, libc.semget(4713, 1, 0o1666) >= 0, libc.syscall(240, b'left', 0o102, 0o666, 0) >= -1)"
        self.say(leave)
        said = self.say("print(libc.msgget(4712, 0o666), libc.semget(4713, 1, 0o666), libc.syscall(240, b'left', 2, 0o666, 0))")
        self.assertEqual(said, "-1 -1 -1\n")

    def test_its_space_is_bounded_also_past_a_descriptor_from_before(self):
        code = (
            "n = 0\nfor f in os.listdir('/proc/self/fd'):\n    try:\n        for i in range(40):\n"
            "            with open('/proc/self/fd/%s/x%d' % (f, i), 'wb') as t: t.write(bytes(1 << 20)); n += 1\n    except OSError: pass\nprint(n < 20)"
        )
        self.assertEqual(self.say(code, workspaceBytes=8 << 20, uploadFiles=1), "True\n")

    def test_system_calls_that_could_lead_out_are_refused(self):
        said = self.say(
            "nr = {'bpf': 321, 'userfaultfd': 323, 'perf_event_open': 298, 'kexec_load': 246, 'io_uring_setup': 425, 'init_module': 175, 'pivot_root': 155}\n"
            "print([n for n, k in nr.items() if libc.syscall(k, 0, 0, 0, 0, 0) >= 0])"
        )
        self.assertEqual(said, "[]\n")
