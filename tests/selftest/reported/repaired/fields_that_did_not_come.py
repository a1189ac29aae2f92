"""A result has an end."""

from tests.selftest.reported import fields_that_did_not_come as bug

run = bug.reading(lambda text: text.endswith(bug.END))
