"""Nothing is directed elsewhere: a worker prints nothing."""

from tests.selftest.defects import honest
from tests.selftest.reported import stdout_has_no_descriptor as reported

honest.send = reported._send
run = honest.run
