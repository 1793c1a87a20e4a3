"""What one computation costs in a real sandbox: milliseconds to the end, and CPU of the whole sandbox from its cgroup.

    python3 bench.py [N]
"""

import os
import statistics
import sys
import time

from drive import Kernel

CODES = ("1+1", "factor(2^64-1)", "integrate(sin(x)^2,x)", "plot(sin,(0,6))")


class Account:
    """The CPU time of all processes of the sandbox, from a control group of its own (version 1 or 2)."""

    def __init__(self):
        old = os.path.isdir("/sys/fs/cgroup/cpuacct")
        self.directory = "/sys/fs/cgroup/%ssandcell-bench-%d" % ("cpuacct/" if old else "", os.getpid())
        self.file = self.directory + ("/cpuacct.usage" if old else "/cpu.stat")
        os.makedirs(self.directory)

    def enter(self):
        with open(self.directory + "/cgroup.procs", "w") as procs:
            procs.write(str(os.getpid()))

    def ms(self):
        with open(self.file) as file:
            text = file.read()
        return int(text) / 1e6 if text[0].isdigit() else int(text.split()[1]) / 1e3

    def close(self):
        os.rmdir(self.directory)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    account = Account()
    kernel = Kernel(account.enter)
    print("ready:", kernel.ready)
    try:
        time.sleep(2)
        for code in CODES:
            for pause in (0.3, 0.0):
                times, answers = [], []
                before, began = account.ms(), time.monotonic()
                for _ in range(count):
                    time.sleep(pause)
                    started = time.monotonic()
                    answered = []
                    computation = kernel.start(code)
                    result = kernel.finish(computation, on_message=lambda _: answered.append(time.monotonic()))
                    answers.append((answered[0] - started) * 1000)
                    assert result.kind == "ok", result.done
                    times.append((time.monotonic() - started) * 1000)
                wall = time.monotonic() - began
                print(
                    "%-24s %s answer p50 %6.1f ms  end p50 %6.1f ms  p95 %6.1f ms  cpu %6.1f ms each  %5.1f a second"
                    % (code, "paused" if pause else "closed", statistics.median(answers), statistics.median(times), sorted(times)[int(count * 0.95) - 1], (account.ms() - before) / count, count / wall)
                )
    finally:
        kernel.close()
        account.close()


if __name__ == "__main__":
    main()
