"""What has ended is waited for no longer."""

from tests.selftest.reported.closed_stream_is_polled_on import logging

run = logging(lambda poller, r: poller.unregister(r))
