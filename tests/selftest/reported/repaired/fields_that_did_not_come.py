"""A result has an end."""

from tests.selftest.reported import fields_that_did_not_come as bug

run = bug.reading(lambda text, status: status == 0 and text.endswith(bug.END))
