"""Long output of a remote command failed by UnicodeDecodeError, if a chunk ended amid a character.

Here up to 4000 bytes of an exception's text are read by 512, and each chunk is decoded alone.
"""

from tests.selftest.reported import _srv_words

REPORT = "https://github.com/fgimian/paramiko-expect/pull/60"
CAUGHT_BY = ("C8",)


def long(text):
    return text[:1000].encode(errors="backslashreplace")


def by_chunks(data):
    return "".join(data[i : i + 512].decode() for i in range(0, len(data), 512))


run = _srv_words.install(encode=long, decode=by_chunks)
