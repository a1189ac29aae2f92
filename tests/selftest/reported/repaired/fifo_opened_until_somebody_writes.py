"""The caller opens the fifos before it forks, and waits for nobody then."""

from tests.selftest.reported import fifo_opened_until_somebody_writes as bug

run = bug.opening(lambda poller: poller.early())
