"""It is bound to the loopback interface."""

from tests.selftest.reported.listens_for_any_host import bound

run = bound("127.0.0.1")
