"""Each writer has a temporary name of its own."""

from tests.selftest.reported import _os_results
from tests.selftest.reported import temporary_name_of_all_writers as bug

run = bug.writing(_os_results.write_beside)
