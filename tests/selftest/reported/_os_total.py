"""One total in memory, to which every worker adds in small portions while it holds a lock."""

import mmap
import types

from tests.selftest.defects import _base, _memory
from tests.selftest.reported import _os_gate

PORTIONS = 20  # a worker adds what it has so far


def added(lock, n, workers):
    """Run with a lock: an object whose acquire and release the workers call."""
    with mmap.mmap(-1, 32 + workers) as memory, _os_gate.gate(workers) as gate:

        def add(amount):
            lock.acquire()
            total = int.from_bytes(memory[:32], "little") + amount
            memory[:32] = total.to_bytes(32, "little")
            lock.release()

        def work(number, value):
            gate.enter()
            portion, rest = divmod(int(value * _memory.SCALE), PORTIONS)
            add(portion + rest)
            for _ in range(PORTIONS - 1):
                add(portion)
            memory[32 + number] = 1

        def take(_):
            return {number: 0.0 for number in range(workers) if memory[32 + number]}

        _base.gather(n, workers, work, take, poller=gate)
        return _base.total({0: int.from_bytes(memory[:32], "little") / _memory.SCALE})


def interruptible(semaphore):
    """Return semaphore, of posix_ipc, as a lock that a signal does not disturb."""
    return types.SimpleNamespace(
        acquire=lambda: _memory.acquire(semaphore), release=semaphore.release
    )
