"""The end of file is the end of the text."""

from tests.selftest.reported import _srv_words

run = _srv_words.install()
