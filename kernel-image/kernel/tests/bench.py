"""What one computation costs in a real sandbox: milliseconds to the end, and CPU of the whole sandbox from its cgroup.

    python3 bench.py [N]
"""

import os
import statistics
import subprocess
import sys
import time

from drive import Kernel

CODES = ("1+1", "factor(2^64-1)", "integrate(sin(x)^2,x)", "plot(sin,(0,6))")


def descendants(pid):
    found = [pid]
    for one in found:
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(one)], capture_output=True, text=True).stdout
        found += [int(word) for word in listed.split()]
    return found


def cpu_ms(pids):
    ticks = 0
    for pid in pids:
        try:
            with open("/proc/%d/stat" % pid) as stat:
                ticks += sum(int(word) for word in stat.read().rsplit(")", 1)[1].split()[11:15])
        except OSError:
            pass
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    kernel = Kernel()
    print("ready:", kernel.ready)
    try:
        time.sleep(2)
        pids = descendants(kernel.process.pid)
        for code in CODES:
            for pause in (0.3, 0.0):
                times = []
                before, began = cpu_ms(pids), time.monotonic()
                for _ in range(count):
                    time.sleep(pause)
                    started = time.monotonic()
                    result = kernel.run(code)
                    assert result.kind == "ok", result.done
                    times.append((time.monotonic() - started) * 1000)
                wall = time.monotonic() - began
                print(
                    "%-24s %s p50 %6.1f ms  p95 %6.1f ms  cpu %6.1f ms each  %5.1f a second"
                    % (code, "paused" if pause else "closed", statistics.median(times), sorted(times)[int(count * 0.95) - 1], (cpu_ms(pids) - before) / count, count / wall)
                )
    finally:
        kernel.close()


if __name__ == "__main__":
    main()
