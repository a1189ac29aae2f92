"""It catches all there is, tells it to the caller, and exits."""

from tests.selftest.reported.exception_leaves_the_child import born, prepared_within

run = born(prepared_within)
