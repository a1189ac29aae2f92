"""A test failed by UnicodeDecodeError: the first 1024 bytes of a text ended amid a character.

Here the text of an exception is cut to 400 bytes, and read strictly.  It shows where a long text
has a character of several bytes there: the error is a UnicodeDecodeError, and names no worker.
"""

from tests.selftest.reported import _srv_words

REPORT = "https://github.com/opencog/link-grammar/pull/1530"
CAUGHT_BY = ("C8",)


def cut(text):
    return text.encode(errors="backslashreplace")[:400]


run = _srv_words.install(encode=cut, decode=bytes.decode)
