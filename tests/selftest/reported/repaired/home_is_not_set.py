"""Without a HOME there are no settings."""

import os

from tests.selftest.reported import home_is_not_set as bug

run = bug.at(lambda: os.environ.get("HOME", os.devnull))
