"""A long text is cut."""

from tests.selftest.defects import honest
from tests.selftest.reported import datagram_too_long_for_its_socket as bug

run = bug.told(honest.described)
