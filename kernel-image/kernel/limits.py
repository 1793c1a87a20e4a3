"""The limits of a computation as the kernel of the sandbox enforces them on its child; next: seeds.py.

What they cannot hold (the wall clock, output, memory of several processes) the zygote and the sandbox's own bound hold.
"""

import os
import resource
import signal
import threading

CPU_GRACE_S = 2  # from SIGXCPU, which code may catch, to SIGKILL
FILES_OPEN = 1024


def address_space_used():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()


def apply(limits, base_address_space, other_processes, lasting):
    """`base_address_space`: what Sage itself takes, which is not the user's. `other_processes`: the zygote's and its spares', of
    the same user, which RLIMIT_NPROC counts as well. `lasting`: a session, whose every cell gets CPU time of its own."""
    address_space = base_address_space + limits["addressSpaceBytes"]
    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    cpu = limits["cpuSeconds"]
    if lasting:
        allow_more_cpu(cpu)
    else:
        resource.setrlimit(resource.RLIMIT_CPU, (cpu + 1, cpu + 1 + CPU_GRACE_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["fileBytes"], limits["fileBytes"]))
    processes = limits["processes"] + other_processes
    resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES_OPEN, FILES_OPEN))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def allow_more_cpu(cpu_seconds):
    """A session's next cell has the same CPU time as its first. No hard limit: it could never be raised again."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (used + cpu_seconds, resource.RLIM_INFINITY))


def catch_signals(on_cpu_time):
    """As pid 1 of its namespace the child would not even notice signals that it left at their defaults."""
    signal.signal(signal.SIGTERM, _terminated)
    signal.signal(signal.SIGXCPU, on_cpu_time)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)


def leave_signals_at_forks():
    """In a process that user code forks: what ends it is its own affair."""
    # Held back until they are left: raised in a callback at the fork, an exception is lost, and whoever ended the process waits for ever.
    os.register_at_fork(before=_hold_back, after_in_parent=_let_through, after_in_child=_leave)


_caught = (signal.SIGTERM, signal.SIGXCPU)
_masks = {}  # of the threads that are forking


def _hold_back():
    _masks[threading.get_ident()] = signal.pthread_sigmask(signal.SIG_BLOCK, _caught)


def _let_through():
    signal.pthread_sigmask(signal.SIG_SETMASK, _masks.pop(threading.get_ident()))


def _leave():
    for number in _caught:
        signal.signal(number, signal.SIG_DFL)
    _let_through()


def _terminated(_signal, _frame):
    raise SystemExit("terminated")
