"""A line of a log ended where the text had a NUL: fputs(3) takes that for the end.

Here the text of an exception is a string of C: it is written with a NUL, and read up to the first.
"""

from tests.selftest.reported import _srv_words

REPORT = "https://github.com/apache/logging-log4cxx/issues/643"
CAUGHT_BY = ("C8",)


def terminated(text):
    return _srv_words.short(text) + b"\0"


def up_to_nul(data):
    return data.partition(b"\0")[0].decode(errors="replace")


run = _srv_words.install(terminated, up_to_nul)
