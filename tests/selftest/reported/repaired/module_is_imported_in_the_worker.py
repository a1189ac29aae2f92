"""The module is imported with this one."""

import statistics

from tests.selftest.reported import module_is_imported_in_the_worker as reported

run = reported.using(lambda: statistics)
