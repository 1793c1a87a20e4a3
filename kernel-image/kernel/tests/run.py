"""Runs the kernel's tests in real sandboxes: python3 run.py [PATTERN]. Ends with one line, `N passed, N failed`.

SANDCELL_RUNSC_PATH and SANDCELL_KERNEL_ROOT_PATH say where gVisor and the kernel's root file system are.
"""

import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)


class Counting(unittest.TextTestResult):
    passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def main():
    for name in ("SANDCELL_RUNSC_PATH", "SANDCELL_KERNEL_ROOT_PATH"):
        if not os.path.exists(os.environ.get(name, "")):
            sys.exit("%s does not say where it is" % name)
    loader = unittest.TestLoader()
    if len(sys.argv) > 1:
        loader.testNamePatterns = ["*%s*" % sys.argv[1]]
    suite = loader.discover(HERE, "*_test.py", HERE)
    result = unittest.TextTestRunner(verbosity=2, resultclass=Counting).run(suite)
    failed = {str(getattr(test, "test_case", test)): words for test, words in result.failures + result.errors}
    for test, words in failed.items():
        print("failed: %s: %s" % (test, words.strip().splitlines()[-1]))
    print("%d passed, %d failed" % (result.passed, len(failed)))
    return 1 if failed or not result.passed else 0


if __name__ == "__main__":
    sys.exit(main())
