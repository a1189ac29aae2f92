"""The file is new, and no link."""

from tests.selftest.reported import _os_results
from tests.selftest.reported import link_in_the_place_of_a_result as bug

run = bug.writing(_os_results.write_beside)
