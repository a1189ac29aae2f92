"""A record has 512 bytes, PIPE_BUF of POSIX."""

from tests.selftest.reported import records_beyond_pipe_buf as reported

run = reported.records(512)
