"""A signal without a name is told by its number."""

from tests.selftest.reported import _srv_words

run = _srv_words.install()
