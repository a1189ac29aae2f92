"""The buffers are joined to one."""

from tests.selftest.reported import more_buffers_than_writev_takes as bug

run = bug.writing(bug.joined)
