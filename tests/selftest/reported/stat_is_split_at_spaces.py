"""A monitor missed the processes of a server: their name, in /proc/PID/stat, has a space.

Here the caller finds the parent of whoever has connected by splitting that line at its spaces.
A caller, or a thread of it (Python 3.14 names them "Thread-1 (run)"), with a space in its name
takes its own workers for strangers.
"""

from tests.selftest.defects import _socket
from tests.selftest.reported import _srv_socket

REPORT = "https://github.com/collectd/collectd/issues/11"
CAUGHT_BY = ("E4",)
after_the_name = _socket.parent_of


def fourth_word(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            word = file.read().split()[3]
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(word) if word.isdigit() else 0


_socket.parent_of = fourth_word
run = _srv_socket.unix
