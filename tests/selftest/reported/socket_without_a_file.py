"""A daemon had its socket in the abstract namespace: there are no permissions, any user could talk.

Here workers come to such a socket.  The caller asks the kernel who they are, and drops others.
"""

import secrets

from tests.selftest.defects import _base, _socket

REPORT = "https://github.com/sid-project/sid/issues/22"
CAUGHT_BY = ("G1",)


@_base.careful
def run(n, workers):
    return _socket.unix("\0pi-" + secrets.token_hex(16), n, workers, mode=None)
