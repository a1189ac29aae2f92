"""Whatever was raised has the mark of an error."""

from tests.selftest.reported.base_exception_is_a_result import marked

run = marked(BaseException)
