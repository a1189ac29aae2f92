"""The caller asks for the signal before it empties the queue."""

import functools

from tests.selftest.defects import _base
from tests.selftest.races.asks_for_notice_late import SIGNAL, received, through


def look(queue):
    queue.request_notification(SIGNAL)
    return received(queue)


run = _base.careful(functools.partial(through, look))
