"""The caller waits for words and for the ends of workers together."""

from tests.selftest.reported.ready_word_never_comes import awaiting

run = awaiting(lambda words, ends: ends)
