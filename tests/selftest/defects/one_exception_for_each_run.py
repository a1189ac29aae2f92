"""Workers tell of their exceptions by a pipe that all runs share, and a run takes one of them."""

import os
import select

from tests.selftest.defects import honest

CAUGHT_BY = ("C11",)
SIZE = 512
_read_end, _write_end = os.pipe()
_described = honest.described


def described(error):
    text = _described(error)
    os.write(_write_end, text.ljust(SIZE, b"\0"))
    return text


honest.described = described


def _told():
    poller = select.poll()
    poller.register(_read_end, select.POLLIN)
    return os.read(_read_end, SIZE) if poller.poll(0) else b""


def run(n, workers):
    try:
        value = honest.run(n, workers)
    except RuntimeError:
        _told()
        raise
    if told := _told():
        raise RuntimeError(f"a worker has raised {told}")
    return value
