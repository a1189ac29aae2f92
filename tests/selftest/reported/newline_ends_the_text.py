"""An error message that had got a newline broke the programs that passed it on as one line.

Here the text of an exception is one line of a protocol: the caller takes the first line.
"""

from tests.selftest.reported import _srv_words

REPORT = "https://github.com/dask/dask/issues/9813"
CAUGHT_BY = ("C8",)


def line(text):
    return _srv_words.short(text) + b"\n"


def first_line(data):
    return data.partition(b"\n")[0].decode(errors="replace")


run = _srv_words.install(line, first_line)
