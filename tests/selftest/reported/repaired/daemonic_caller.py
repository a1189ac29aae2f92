"""It forks whatever its process is, since it ends its workers before it returns."""

from tests.selftest.defects import honest

run = honest.run
