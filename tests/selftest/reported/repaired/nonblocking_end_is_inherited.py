"""The end that workers write to blocks."""

from tests.selftest.reported import _srv_stream
from tests.selftest.reported import nonblocking_end_is_inherited as reported

run = reported.records(_srv_stream.prepare)
