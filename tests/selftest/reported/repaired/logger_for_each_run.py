"""All runs have one logger."""

import logging

from tests.selftest.reported.logger_for_each_run import logged

_ALL = logging.getLogger("pi")
run = logged(lambda: _ALL)
