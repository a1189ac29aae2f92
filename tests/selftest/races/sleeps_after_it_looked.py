"""The caller looks for sums, then says that it sleeps: a worker in between does not wake it.

https://github.com/rcore-os/tgoskits/pull/315
"""

import functools
import os
import select

from tests.selftest.defects import _base, _file
from tests.selftest.races import _parts

CAUGHT_BY = ("D4",)
FOUND_BY = "stalls"
PLAIN = 0


def doze(look, say):
    """Return whether there is something new, or say that this process sleeps now."""
    return look() or say(b"1")


class Poller:
    """Waits as select.poll does, and for what a look finds before that."""

    def __init__(self, doze, bell, look, say):
        self._doze, self._bell, self._look, self._say = doze, bell, look, say
        self._poll = select.poll()
        self.register, self.unregister = self._poll.register, self._poll.unregister

    def poll(self, patience):
        if patience is None and self._doze(self._look, self._say):
            return [(self._bell, select.POLLIN)]
        return self._poll.poll(patience)


def through(doze, n, workers):
    with _file.nameless() as file, _parts.counter() as bell, _parts.words(workers) as words:
        fd, asleep, heard = file.fileno(), _parts.SLOT * workers, set()

        def say(mark):
            os.pwrite(fd, mark, asleep)

        def look():
            return set(_parts.there(fd, workers)) - heard

        def work(number, value):
            _parts.put(fd, number, value)
            if os.pread(fd, 1, asleep) == b"1":
                os.eventfd_write(bell, 1)
            words.wait(number)

        def take(event):
            if event == bell:
                say(b"0")
                _parts.read_all(bell)
                for number in look():
                    words.say(number)
                    heard.add(number)
            sums = _parts.there(fd, workers)
            return {number: sums[number] for number in heard}

        poller = Poller(doze, bell, look, say)
        return _base.total(_base.gather(n, workers, work, take, bell, poller=poller))


run = _base.careful(functools.partial(through, doze))
