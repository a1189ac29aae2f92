"""A server made a selector for each command that it ran, and closed none: EMFILE in the end.

A selector of the standard library is part of a cycle: it lives until the collector comes. Here
each run has one.
"""

import select
import selectors
from types import SimpleNamespace

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/waydroid/waydroid/issues/2357"
CAUGHT_BY = ("B1",)


class Poller:
    """The calls of select.poll that honest uses, by a selector."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.unregister = self.selector.unregister
        _call.current().selectors.append(self.selector)

    def register(self, fd, events):
        self.selector.register(fd, selectors.EVENT_READ)

    def poll(self, milliseconds):
        seconds = None if milliseconds is None else milliseconds / 1000
        return [(key.fd, select.POLLIN) for key, _ in self.selector.select(seconds)]


def selecting(close):
    """Return run, which calls close(selector) at its end."""

    @honest.careful
    def run(n, workers):
        with _call.call(selectors=[]) as call:
            try:
                return honest.run(n, workers)
            finally:
                for selector in call.selectors:
                    close(selector)

    honest.select = SimpleNamespace(**vars(select) | {"poll": Poller})
    return run


run = selecting(lambda selector: None)
