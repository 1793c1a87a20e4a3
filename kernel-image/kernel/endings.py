"""What a child that died by itself died of, in words for people; next: running.py."""

import os
import signal


def death(ended, limits):
    """What a child that died by itself died of, for people."""
    if ended is None:
        return "error", "The process of the computation is gone."
    code = os.waitstatus_to_exitcode(ended["status"])
    if code == -signal.SIGXCPU or code == -signal.SIGKILL and ended["cpu"] >= limits["cpuSeconds"] * 1000:
        return "timeout", "Stopped: it used up its %d s of CPU time." % limits["cpuSeconds"]
    if code < 0:
        name = signal.Signals(-code).name if -code in signal.Signals._value2member_map_ else str(-code)
        hints = {"SIGSEGV": " (a segmentation fault)", "SIGKILL": " (it was killed)"}
        return "error", "The process of the computation died of %s%s." % (name, hints.get(name, ""))
    return "error", "The process of the computation ended itself with exit code %d." % code
