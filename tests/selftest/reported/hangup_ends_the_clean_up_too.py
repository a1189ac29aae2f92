"""A terminal was closed, and a program left its socket: it heard of SIGINT and SIGTERM alone.

SIGHUP goes to all processes of the terminal.  Here the process that removes the socket when its
caller has been killed does not hear SIGINT and SIGTERM, and is ended by SIGHUP.
"""

import functools
import signal

from tests.selftest.defects import _base
from tests.selftest.reported import _srv_socket

REPORT = "https://github.com/DarthSim/overmind/pull/86"
CAUGHT_BY = ("B3",)

_base.guard = functools.partial(_base.guard, blocked={signal.SIGINT, signal.SIGTERM})
run = _srv_socket.unix
