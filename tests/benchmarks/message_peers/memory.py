"""Places for messages in shared memory, one after another, round and round.

What is written and what was taken are counted in bytes from the begin: positions, which only grow.
A message begins at a multiple of 8 and lies in one piece: if it does not fit before the end of the
memory, it begins at the start of it.

The memory is what multiprocessing.shared_memory.SharedMemory maps too, without its name: workers
that are forked need none, and a view that is still used when the channel is closed keeps it.
"""

import contextlib
import mmap

ROOM = 16 << 20  # bytes of messages in each direction of a worker
HEAD = mmap.PAGESIZE  # bytes before them, for the counters of those that need some

_POPULATE_WRITE = 23  # MADV_POPULATE_WRITE, madvise(2): Linux 5.14


def shared() -> mmap.mmap:
    """Return HEAD + ROOM bytes that forked processes share."""
    return mmap.mmap(-1, HEAD + ROOM)


def touched(memory: mmap.mmap) -> memoryview:
    """Return the memory, with each page mapped in this process, as after the first round of a ring.

    Else the first message in each page would be measured with a page fault.
    """
    with contextlib.suppress(OSError, AttributeError):
        memory.madvise(_POPULATE_WRITE)
    return memoryview(memory)


def place(position: int, size: int) -> int:
    """Return the position at which a message of *size* bytes begins, from *position* on.

    Raises ValueError for one that is too large to be ahead of half of the room.
    """
    if size > ROOM // 2:
        raise ValueError(f"a message of {size} bytes does not fit")
    left = ROOM - position % ROOM
    return position if size <= left else position + left


def end(position: int, size: int) -> int:
    """Return the position behind a message that begins at *position*."""
    return position + (size + 7 & ~7)
