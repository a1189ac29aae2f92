"""A supervisor told of a child that SIGTERM had killed: exit status 0.

WEXITSTATUS has a meaning only where WIFEXITED is true.  Here the error names the upper byte of
the status, which is 0 for whatever signal.
"""

from tests.selftest.reported import _srv_words

REPORT = "https://github.com/Yelp/dumb-init/issues/59"
CAUGHT_BY = ("C9",)


def upper_byte(status):
    return str(status >> 8)


run = _srv_words.install(name=upper_byte)
