"""What a kernel may be told when it starts, and the limits that are its own; next: frames.py."""

import argparse

WORKSPACE = (256 << 20, 4096)  # bytes and files of a child that is made before its computation is known
SPARES = 6  # children kept ready; one costs about 2 MB
SPARES_LOW = 2  # at this many or fewer a burst fills up again
QUEUE_MAX = 64  # computations that wait for a child
REQUESTS_MAX = 256  # unanswered requests
INTERRUPT_GRACE_S = 2.0  # from SIGINT to SIGKILL
COLLECT_S = 10.0  # to look for files, and again for each file that was taken
SPARE_START_S = 60.0  # a child that is not ready by then means a kernel in doubt
STILLBORN_MAX = 3  # children that fail to start in a kernel that was ready
BURY_S = 20.0  # from SIGKILL to the zygote's word that the child is gone
REQUEST_S = 10.0  # to answer a request when there is no session
STREAM_HOLD_S = 0.03  # text of one name is merged for so long
IDLE_BYTES = 8 << 20  # what a session may say between two things that are asked of it
RING_LOOK_S = 0.04  # how often a running child's text is fetched without being told


def parse(arguments):
    parser = argparse.ArgumentParser(prog="kernel")
    parser.add_argument("--socket", default=None, help="accept one connection on this unix socket")
    parser.add_argument("--spares", type=int, default=SPARES, help="children kept ready")
    chosen = parser.parse_args(arguments)
    if not 1 <= chosen.spares <= 64:
        parser.error("--spares must be from 1 to 64")
    return chosen
