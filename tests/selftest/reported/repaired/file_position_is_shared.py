"""pwrite(2) has its position in the call."""

from tests.selftest.defects import _file
from tests.selftest.reported import file_position_is_shared as reported

_file.pwrite_all = reported.at_once
run = reported.run
