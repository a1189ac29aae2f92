"""Another process removes the segment when the caller has been killed."""

from tests.selftest.reported import files_of_the_killed_fill_dev_shm as reported

run = reported.sharing(reported.guarded)
