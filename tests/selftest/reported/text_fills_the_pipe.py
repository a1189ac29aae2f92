"""A task hung for ever whose child wrote much to its standard error: it was read after the end.

Here a worker sends the whole text of its exception, and the caller reads it when the worker has
ended.  More than 64 KiB of text, and neither goes on.
"""

from tests.selftest.reported import _srv_words

REPORT = "https://github.com/flyteorg/flyte/issues/4313"
CAUGHT_BY = ("C8",)


def whole(text):
    return text.encode(errors="backslashreplace")


run = _srv_words.install(encode=whole)
