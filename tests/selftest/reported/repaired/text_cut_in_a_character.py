"""What is no whole character is replaced."""

from tests.selftest.reported import _srv_words
from tests.selftest.reported import text_cut_in_a_character as reported

run = _srv_words.install(encode=reported.cut, decode=_srv_words.plain)
