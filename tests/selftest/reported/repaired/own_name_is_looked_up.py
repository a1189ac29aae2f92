"""The loopback address is 127.0.0.1, and nothing is looked up."""

from tests.selftest.reported import own_name_is_looked_up as reported

run = reported.listening(lambda: "127.0.0.1")
