"""The workers' sums come as text, which is evaluated."""

import os

from tests.selftest.defects import _base, _fifo

CAUGHT_BY = ("G2", "G4")


@_base.careful
def run(n, workers):
    """Check the mark when it is too late."""
    mark = os.urandom(16).hex()

    def pack(number, value):
        return f"({mark!r}, {number}, {value!r})\n".encode()

    def scan(stream):
        sums = {}
        *lines, rest = stream.split(b"\n")
        stream[:] = rest[:4096]
        for line in lines:
            try:
                given, number, value = eval(line)  # noqa: S307 - the defect
            except Exception:  # noqa: BLE001, S112 - whatever it is, it is none of ours
                continue
            if given == mark:
                sums[number] = value
        return sums

    with _fifo.private_directory() as place:
        return _fifo.through(os.path.join(place, "fifo"), n, workers, pack=pack, scan=scan)
