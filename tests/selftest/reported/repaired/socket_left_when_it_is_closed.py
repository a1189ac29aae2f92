"""The name of the socket is removed."""

from tests.selftest.reported import socket_left_when_it_is_closed as bug

run = bug.served(bug.removed)
