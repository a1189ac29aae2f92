"""The selector is closed at the end of the run."""

from tests.selftest.reported.selector_is_not_closed import selecting

run = selecting(lambda selector: selector.close())
