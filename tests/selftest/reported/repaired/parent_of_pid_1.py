"""os.getppid() is compared with the pid of the caller alone, which honest.child does."""

from tests.selftest.reported.parent_of_pid_1 import ending

run = ending(lambda: False)
