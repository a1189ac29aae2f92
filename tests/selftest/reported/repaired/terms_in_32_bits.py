"""The two numbers go as text, of any length."""

from tests.selftest.reported.terms_in_32_bits import sent_as

run = sent_as(lambda lo, hi: b"%d %d" % (lo, hi), lambda data: tuple(map(int, data.split())))
