"""The name of the directory is drawn at random."""

from tests.selftest.reported import _os_results
from tests.selftest.reported import directory_named_by_the_second as bug

_os_results.directory = bug.directory
run = bug.run_in_a_directory
