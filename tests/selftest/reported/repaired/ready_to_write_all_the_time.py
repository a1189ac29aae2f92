"""The caller asks as long as there is something to write."""

import select

from tests.selftest.reported import ready_to_write_all_the_time as bug

run = bug.asking(lambda unsent: select.POLLIN | (select.POLLOUT if unsent else 0))
