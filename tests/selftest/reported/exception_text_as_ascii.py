"""A worker that raises u'jörn' breaks: the text of its exception is encoded as ASCII to be sent.

Here the encoding raises an exception of its own in the worker, and the caller hears of that one.
"""

from tests.selftest.reported import _carried

REPORT = "https://github.com/soravux/scoop/issues/23"
CAUGHT_BY = ("C8",)
run = _carried.carried(lambda error: f"{type(error).__name__}: {error}".encode("ascii")[:4000])
