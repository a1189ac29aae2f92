"""The type has to be int itself, and the message has the value."""

from tests.selftest.defects import honest
from tests.selftest.reported import _srv_socket
from tests.selftest.reported import number_by_its_index as bug

honest.check = bug.check
run = _srv_socket.unix
