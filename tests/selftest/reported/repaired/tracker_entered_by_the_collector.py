"""The thread that holds the lock may take it again."""

import threading

from tests.selftest.reported.tracker_entered_by_the_collector import noting

run = noting(threading.RLock)
