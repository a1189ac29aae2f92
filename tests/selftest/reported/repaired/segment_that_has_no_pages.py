"""The memory is taken before it is mapped."""

from tests.selftest.reported import _os_segment
from tests.selftest.reported import segment_that_has_no_pages as bug

run = bug.within(_os_segment.unnamed)
