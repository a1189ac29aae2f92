"""The logger has one handler, from the import on."""

import logging

from tests.selftest.reported import handler_of_the_log_for_each_run as bug

logging.getLogger("pi").addHandler(logging.NullHandler())
run = bug.logging_to(lambda log: None)
