"""A number of workers was a float: "'float' object cannot be interpreted as an integer", which one?

That is what range() says, and operator.index too: both take True for 1.  Here that checks the
arguments.
"""

import operator

from tests.selftest.defects import honest
from tests.selftest.reported import _srv_socket

REPORT = "https://github.com/NVIDIA-NeMo/Speech/pull/2702"
CAUGHT_BY = ("H2",)
_check = honest.check


def _check_by_index(n, workers):
    _check(operator.index(n), operator.index(workers))


honest.check, check = _check_by_index, _check
run = _srv_socket.unix
