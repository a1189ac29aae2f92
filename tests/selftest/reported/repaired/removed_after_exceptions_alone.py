"""The directory is removed after whatever there was."""

from tests.selftest.reported.removed_after_exceptions_alone import through

run = through(BaseException)
