"""It reads from those that have something to say, and closes what is no worker's."""

from tests.selftest.reported.reads_from_one_until_it_has_spoken import served

run = served()
