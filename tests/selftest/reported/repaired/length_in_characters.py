"""The length is that of the bytes."""

from tests.selftest.reported import _srv_words
from tests.selftest.reported import length_in_characters as reported

run = _srv_words.install(reported.framed(reported.octets), reported.unframed)
