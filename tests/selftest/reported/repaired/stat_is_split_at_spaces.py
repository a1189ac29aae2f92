"""The name ends with the last parenthesis."""

from tests.selftest.defects import _socket
from tests.selftest.reported import stat_is_split_at_spaces as reported

_socket.parent_of = reported.after_the_name
run = reported.run
