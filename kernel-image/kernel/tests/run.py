"""Runs the kernel's tests in real sandboxes: python3 run.py [PATTERN]. Ends with one line, `N passed, N failed`.

SANDCELL_RUNSC_PATH and SANDCELL_KERNEL_ROOT_PATH say where gVisor and the kernel's root file system are.
"""

import os
import re
import subprocess
import sys
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
# Each warms a kernel of its own kind up, which keeps one processor busy for long: they run beside all others.
OWN_KINDS = ("refusal_test", "socket_test")


class Counting(unittest.TextTestResult):
    passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def run(names, pattern=None):
    """Prints the failures and the counts; True when all passed."""
    loader = unittest.TestLoader()
    if pattern:
        loader.testNamePatterns = ["*%s*" % pattern]
    result = unittest.TextTestRunner(verbosity=2, resultclass=Counting).run(loader.loadTestsFromNames(names))
    failed = {str(getattr(test, "test_case", test)): words for test, words in result.failures + result.errors}
    for test, words in failed.items():
        print("failed: %s: %s" % (test, words.strip().splitlines()[-1]))
    print("%d passed, %d failed" % (result.passed, len(failed)))
    return bool(result.passed) and not failed


def pass_on(lines):
    """Whole lines only: others write, too."""
    for line in lines:
        sys.stderr.write(line)
        sys.stderr.flush()


def run_at_once(groups):
    """Each group of names in a process of its own; prints what they print, and one line of counts."""
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    parts = [subprocess.Popen([sys.executable, __file__, "--names", *names], **piped) for names in groups]
    for part in parts:
        threading.Thread(target=pass_on, args=(part.stderr,)).start()
    passed = failed = 0
    for part in parts:
        lines = part.stdout.read().splitlines()
        part.wait()
        counts = re.fullmatch(r"(\d+) passed, (\d+) failed", lines[-1] if lines else "")
        if counts is None:
            lines.append("failed: %s did not count themselves" % " ".join(part.args[3:]))
        for line in lines:
            if line.startswith("failed: "):
                print(line)
        passed += int(counts[1]) if counts else 0
        failed += int(counts[2]) if counts else 1
    print("%d passed, %d failed" % (passed, failed))
    return bool(passed) and not failed


def main():
    for name in ("SANDCELL_RUNSC_PATH", "SANDCELL_KERNEL_ROOT_PATH"):
        if not os.path.exists(os.environ.get(name, "")):
            sys.exit("%s does not say where it is" % name)
    if sys.argv[1:2] == ["--names"]:
        return run(sys.argv[2:])
    names = sorted(name[:-3] for name in os.listdir(HERE) if name.endswith("_test.py"))
    if len(sys.argv) > 1:
        return run(names, sys.argv[1])
    return run_at_once([[name for name in names if name not in OWN_KINDS], list(OWN_KINDS)])


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
