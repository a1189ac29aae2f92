"""The caller stays in its group; workers are ended one by one."""

from tests.selftest.defects import honest

run = honest.run
