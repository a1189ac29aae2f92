"""Each code but 0 is a failure."""

from tests.selftest.reported import negative_code_is_no_failure as bug

run = bug.judging(lambda code: code != 0)
