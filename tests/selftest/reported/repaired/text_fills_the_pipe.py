"""The text is cut to what a pipe takes."""

from tests.selftest.reported import _srv_words

run = _srv_words.install(encode=_srv_words.short)
