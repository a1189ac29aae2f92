"""What a worker had begun to send is padded with zeros, and counted."""

import time

from tests.selftest.defects import honest

CAUGHT_BY = (
    "A3",
    "C3",
    "C12",
)
_lost = honest.lost


def _pad(pid, status, said):
    return said.ljust(8, b"\0")[:8] if 0 < len(said) < 8 else _lost(pid, status, said)


def _in_two(fd, lo, hi):
    message = honest.pack(honest.term_sum(lo, hi))
    for byte in message:
        honest.os.write(fd, bytes([byte]))
        time.sleep(5e-5)


honest.lost, honest.send = _pad, _in_two
run = honest.run
