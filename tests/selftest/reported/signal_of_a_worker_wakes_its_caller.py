"""A child of a web server was terminated, and the server shut down: both had one wakeup descriptor.

`signal.set_wakeup_fd` is inherited through fork.  Here a worker has a handler of its own for
SIGTERM, by which it is ended when a run fails: Python writes the number of the signal to the
caller's descriptor, for an event loop to take for one of its own.
"""

import os
import signal
import time

from tests.selftest.defects import honest
from tests.selftest.reported import worker_runs_a_handler_of_its_caller as ended

REPORT = "https://github.com/fastapi/fastapi/issues/1487"
CAUGHT_BY = ("E2",)


def leave(number, frame):
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def listen():
    signal.signal(signal.SIGTERM, leave)
    honest.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])


def listen_alone():
    signal.set_wakeup_fd(-1)
    listen()


def terminate(pids):
    """End pids by SIGTERM, and after a grace by SIGKILL."""
    pids = list(pids)
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    time.sleep(0.05 * bool(pids))
    ended.kill(pids)


run = ended.install(terminate, listen)
