"""A path with a byte that is no text in UTF-8 ended a program: "surrogates not allowed".

Python has such a byte as a surrogate, which str.encode refuses, other than os.fsencode.  Here the
path of a fifo in the temporary directory is encoded so.
"""

import os

from tests.selftest.defects import _base, _fifo

REPORT = "https://github.com/kz26/dottorrent/issues/9"
CAUGHT_BY = ("E4",)


def through(n, workers, encode):
    """Run; encode: makes bytes of a path."""
    with _fifo.private_directory() as directory:
        return _fifo.through(encode(os.path.join(directory, "fifo")), n, workers)


@_base.careful
def run(n, workers):
    return through(n, workers, str.encode)
