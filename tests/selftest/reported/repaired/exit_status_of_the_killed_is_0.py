"""A signal is told by its name."""

from tests.selftest.reported import _srv_words

run = _srv_words.install()
