"""The default timeout of sockets is not asked for."""

from tests.selftest.reported.patience_of_sockets import waits

run = waits(lambda: None)
