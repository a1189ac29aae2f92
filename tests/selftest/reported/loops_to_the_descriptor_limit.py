"""Starting a process took seconds or hung in a container: a loop over all possible descriptors.

RLIMIT_NOFILE is 1024 in a shell, and 1048576 or 1073741816 in a container.  Here each worker
marks each number up to the limit as close-on-exec.
"""

import contextlib
import os
import resource

from tests.selftest.defects import honest

REPORT = "https://github.com/fail2ban/fail2ban/issues/3334"
CAUGHT_BY = ("E4",)
MISSED = "no clause bounds what a high limit of descriptors may cost"
_send = honest.send


def possible():
    return range(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def there():
    return [int(name) for name in os.listdir("/proc/self/fd")]


def marking(descriptors):
    def send(fd, lo, hi):
        for each in descriptors():
            with contextlib.suppress(OSError):
                os.set_inheritable(each, False)
        _send(fd, lo, hi)

    honest.send = send
    return honest.run


run = marking(possible)
