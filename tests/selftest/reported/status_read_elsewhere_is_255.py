"""Under a server each child process had "exit status already read: will report returncode 255".

Somebody else, or the kernel where SIGCHLD is ignored, had reaped it.  Here such a status counts
as 255, and so as a failure, though the result has come.
"""

import os

from tests.selftest.defects import honest

REPORT = "https://github.com/benoitc/gunicorn/issues/3333"
CAUGHT_BY = ("E2",)
known = honest.reap


def unknown_is_255(pid):
    try:
        return os.waitpid(pid, 0)[1]
    except ChildProcessError:
        return 255 << 8


honest.reap = unknown_is_255
run = honest.run
