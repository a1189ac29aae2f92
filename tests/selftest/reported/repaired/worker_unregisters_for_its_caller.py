"""A worker closes its descriptor of the instance, and changes nothing there."""

from tests.selftest.reported import worker_unregisters_for_its_caller as reported

run = reported.tidy(lambda poller: poller.epoll.close())
