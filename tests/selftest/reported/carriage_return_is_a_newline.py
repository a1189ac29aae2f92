"""A program read the output of another as text: each byte 13 of enciphered data had become a 10.

Text mode has universal newlines, whatever the encoding.  Here the caller reads its pipes as text in
latin-1, in which each byte is a letter.  A byte 13 is in one of 32 results.
"""

import io

from tests.selftest.defects import honest

REPORT = "https://github.com/oostendo/python-zxing/pull/19"
CAUGHT_BY = ("A1", "A2")
_drain = honest.drain


def as_text(newline):
    """Return run, which reads text; newline: that of io.TextIOWrapper."""

    def read(r):
        with io.TextIOWrapper(io.BytesIO(_drain(r)), "latin-1", newline=newline) as stream:
            return stream.read().encode("latin-1")

    honest.drain = read
    return honest.run


run = as_text(None)
