"""Each run starts a helper by two forks, so that init reaps it: a caller may be an init itself."""

import os
import select

from tests.selftest.defects import honest

CAUGHT_BY = ("E4",)


def _wait(r, w, caller):
    """Wait for the end of the run, or of the caller: another process may hold the pipe open."""
    os.close(w)
    poller = select.poll()
    poller.register(r, select.POLLIN)
    poller.register(caller, select.POLLIN)
    poller.poll()


@honest.careful
def run(n, workers):
    made = []
    try:
        made += [os.pidfd_open(os.getpid())]
        made += os.pipe()
        caller, r, w = made
        pid = os.fork()
        if pid == 0:
            try:
                if os.fork() == 0:
                    _wait(r, w, caller)
            finally:
                os._exit(0)
        honest.reap(pid)
        return honest.run(n, workers)
    finally:
        for fd in made:
            os.close(fd)
