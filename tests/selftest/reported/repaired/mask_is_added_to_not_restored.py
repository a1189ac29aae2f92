"""The mask is as it was."""

import signal

from tests.selftest.reported import mask_is_added_to_not_restored as bug

run = bug.blocking(bug.plain, signal.SIG_SETMASK)
