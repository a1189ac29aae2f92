"""Whatever sys.stdin is, a worker goes on."""

from tests.selftest.reported.stdin_without_close import without_stdin

run = without_stdin(AttributeError, OSError, ValueError)
