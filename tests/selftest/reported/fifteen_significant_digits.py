"""jsonlite wrote doubles with 15 digits at most: what was read back was not what had been written.

IEEE 754 asks for 17.  Here a worker's sum goes through a pipe as text with 15.
"""

from tests.selftest.defects import _base
from tests.selftest.reported import _srv_stream

REPORT = "https://github.com/jeroen/jsonlite/issues/412"
CAUGHT_BY = ("A1",)


def _scan(stream):
    *lines, rest = bytes(stream).split(b"\n")
    stream[:] = rest
    return {int(number): float(value) for number, value in map(bytes.split, lines)}


def as_text(form):
    """Return run; form: how a sum is written, a format specification."""

    def pack(number, value):
        return f"{number} {value:{form}}\n".encode()

    @_base.careful
    def run(n, workers):
        return _srv_stream.through(n, workers, pack=pack, scan=_scan)

    return run


run = as_text(".15g")
