"""All chunks are decoded together."""

from tests.selftest.reported import _srv_words
from tests.selftest.reported import chunks_are_decoded_alone as reported

run = _srv_words.install(encode=reported.long, decode=_srv_words.plain)
