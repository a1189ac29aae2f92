"""Workers block until there is room: connect(2) waits for it."""

from tests.selftest.reported import _srv_socket
from tests.selftest.reported import connects_with_a_time_limit as reported

_srv_socket.use(reported.Short)
run = reported.run
