"""A game read what came from the network by eval: any expression, of whoever had sent it.

Here a worker writes its result to a fifo as Python shows it, with a digest.  The caller has it
evaluated, and checks the digest of what that has given.
"""

import ast
import os

from tests.selftest.defects import _base, _fifo

REPORT = "https://github.com/goosescout/MachiKoro/pull/14"
CAUGHT_BY = ("G4",)
LONGEST = 400  # bytes of a line


def through(n, workers, evaluate):
    """Run; evaluate(text) gives what text shows."""
    seal = _base.Seal()

    def pack(number, value):
        frame = seal.pack(number, value)
        shown = {"number": number, "sum": value, "frame": frame.hex()}
        return f"\n{shown}\n".encode()

    def unpack(line):
        # What somebody else has written without a newline may be before it.
        start = max(0, line.rfind(b"\0") + 1, line.rfind(b"{'number'"))
        try:
            shown = evaluate(line[start:].decode())
            return seal.unpack(bytes.fromhex(shown["frame"]))
        except Exception:  # noqa: BLE001 - it is nobody's of ours
            return {}

    def scan(stream):
        sums = {}
        while (end := stream.find(b"\n")) >= 0:
            line = bytes(stream[:end])
            del stream[: end + 1]
            if line.strip():
                sums |= unpack(line[-LONGEST:])
        del stream[: max(0, len(stream) - LONGEST)]
        return sums

    with _fifo.private_directory() as directory:
        path = os.path.join(directory, "fifo")
        return _fifo.through(path, n, workers, pack=pack, scan=scan)


literal = ast.literal_eval


@_base.careful
def run(n, workers):
    return through(n, workers, eval)
