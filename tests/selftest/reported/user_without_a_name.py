"""A program failed in a container: getpass.getuser() raises KeyError for a user without an entry.

Containers run under numbers that no /etc/passwd has, and without USER or LOGNAME.  Here a fifo, in
a private directory, has the user's name in its own.
"""

import getpass
import os

from tests.selftest.defects import _base, _fifo

REPORT = "https://github.com/umich-brcf-bioinf/Connor/issues/7"
CAUGHT_BY = ("E4",)


def through(name):
    @_base.careful
    def run(n, workers):
        user = name()
        with _fifo.private_directory() as place:
            return _fifo.through(os.path.join(place, f"fifo-{user}"), n, workers)

    return run


run = through(getpass.getuser)
