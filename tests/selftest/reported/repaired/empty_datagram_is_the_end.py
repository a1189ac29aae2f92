"""A datagram without bytes is the sum of no terms; that there is none, is EAGAIN."""

from tests.selftest.defects import honest
from tests.selftest.reported import empty_datagram_is_the_end as bug

run = bug.with_datagrams(honest.pack(0.0))
