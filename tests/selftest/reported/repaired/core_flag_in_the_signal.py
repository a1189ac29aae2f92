"""The flag is taken off: os.waitstatus_to_exitcode."""

from tests.selftest.reported import _srv_words

run = _srv_words.install(name=_srv_words.name_of)
