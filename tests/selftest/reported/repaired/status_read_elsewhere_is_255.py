"""What somebody else has reaped is judged by its result alone."""

from tests.selftest.defects import honest
from tests.selftest.reported import status_read_elsewhere_is_255 as reported

honest.reap = reported.known
run = honest.run
