"""Only the process that made the epoll changes it."""

import os

from tests.selftest.reported.unregisters_in_a_child import in_a_hub

run = in_a_hub(lambda hub: hub.pid == os.getpid())
