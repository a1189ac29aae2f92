"""poll(2) is called again after a signal."""

from tests.selftest.reported import interrupted_poll_is_an_error as bug

run = bug.polling(bug.Patient)
