"""The ends that a child cannot tell itself: what it died of in words for people, and the reply it owes; next: running.py."""

import os
import signal

ERROR_NAMES = {
    "timeout": "TimeLimitExceeded",
    "outputLimit": "OutputLimitExceeded",
    "memory": "MemoryError",
    "cancelled": "KeyboardInterrupt",
    "error": "KernelDied",
}


def last_reply(kind, words):
    """The execute_reply of a computation that could not send one itself."""
    name = ERROR_NAMES.get(kind, "KernelDied")  # a child may say `ok` and owe its reply
    content = {"status": "error", "execution_count": 1, "ename": name, "evalue": words, "traceback": ["%s: %s" % (name, words)]}
    content.update(user_expressions={}, payload=[])
    return {"msg_type": "execute_reply", "content": content, "metadata": {}}


def too_much(limits):
    """Of output, for people."""
    return "Stopped: it gave more than %d bytes or %d messages of output." % (limits["outputBytes"], limits["outputMessages"])


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
