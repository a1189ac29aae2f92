"""The caller closes the reading end first: where the worker is gone, it is told so by EPIPE."""

from tests.selftest.reported.job_longer_than_a_pipe import sent_by_a_pipe

run = sent_by_a_pipe(reader_open=False)
