"""ray: a worker that was killed by SIGKILL did not end the process that it had started.

Here each worker starts a process beside it, as a monitor would be, and ends it when its slice is
done or has failed.  SIGKILL leaves it no time for that.
"""

import contextlib
import os
import signal

from tests.selftest.defects import honest

REPORT = "https://github.com/ray-project/ray/issues/42861"
CAUGHT_BY = ("B1", "B3", "C2", "C3")
_send = honest.send


def beside(worker, prepare):
    """Live in a process beside a worker."""
    try:
        prepare(worker)
        while True:
            signal.pause()
    finally:
        os._exit(1)


def monitored(prepare):
    """Return run.

    prepare: called in the process beside a worker, with the pid of that worker.
    """

    def send(fd, lo, hi):
        worker = os.getpid()
        pid = os.fork()
        if pid == 0:
            beside(worker, prepare)
        try:
            _send(fd, lo, hi)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            honest.reap(pid)

    honest.send = send
    return honest.run


run = monitored(lambda worker: None)
