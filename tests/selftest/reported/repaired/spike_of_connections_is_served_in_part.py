"""The listener is told of as long as connections wait."""

from tests.selftest.reported import spike_of_connections_is_served_in_part as bug

run = bug.triggered(0)
