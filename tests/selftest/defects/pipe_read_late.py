"""One pipe for all, read when all have ended: past 64 KiB nobody ends."""

import os

from tests.selftest.defects import _base

CAUGHT_BY = ("D1",)


@_base.careful
def run(n, workers):
    """Let frames be records of 240 bytes."""
    seal = _base.Seal()
    r, w = os.pipe()
    try:
        with _base.ticks(workers) as sent:

            def work(number, value):
                os.write(w, seal.pack(number, value).ljust(240))
                sent[number] = 1

            def count(fd):
                return {number: 0.0 for number in range(workers) if sent[number]}

            _base.gather(n, workers, work, count)
        os.set_blocking(r, False)
        stream = bytearray()
        while len(stream) < 240 * workers:
            stream += os.read(r, 65536)
        return _base.total(seal.scan(stream))
    finally:
        os.close(r)
        os.close(w)
