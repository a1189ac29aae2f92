"""All that has come is the text, but for the last newline."""

from tests.selftest.reported import _srv_words
from tests.selftest.reported import newline_ends_the_text as reported

run = _srv_words.install(reported.line, lambda data: _srv_words.plain(data[:-1]))
