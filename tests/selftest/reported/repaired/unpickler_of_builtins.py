"""The results are signed frames of numbers, from workers of the run."""

from tests.selftest.reported import _srv_socket

run = _srv_socket.tcp
