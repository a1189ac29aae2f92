"""What a signal has interrupted is called again, and a worker has no timer."""

from tests.selftest.defects import _memory
from tests.selftest.reported import interrupted_wait_is_an_error as bug

run = bug.waiting(lambda: None, _memory.acquire)
