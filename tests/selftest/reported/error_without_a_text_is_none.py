"""A tool ended with an error, of which it said nothing: its caller, `if message`, went on.

Here a worker sends the text of its exception, and none where that has none.  The caller knows a
worker that has failed by the length of what it has sent: the mark of an error is taken for a sum.
"""

import os

from tests.selftest.defects import honest
from tests.selftest.reported import _by_length

REPORT = "https://github.com/KhiopsML/khiops-python/pull/255"
CAUGHT_BY = ("C8",)
_send = honest.send


def _text_of(error):
    try:
        return honest.described(error) if str(error) else b""
    except BaseException:  # noqa: BLE001 - of a class whose __str__ raises
        return honest.described(error)


def _send_or_complain(fd, lo, hi):
    try:
        _send(fd, lo, hi)
    except BaseException as error:  # noqa: BLE001 - it exits
        os.write(fd, b"!" * 8 + _text_of(error))
        os._exit(1)


honest.send, honest.take = _send_or_complain, _by_length.take
run = honest.run
