"""A channel over a System V queue, with a timeout: a byte in a pipe follows each packet."""

import contextlib
import os
import time
from typing import Any

import pytest

from transports import sysv_mq
from transports._channel import sysv_mq as packets

_SOON, _LATE = 0.1, 0.3  # seconds from the end of a worker to the byte that follows it
_RESTS = 0.5  # seconds, before the worker goes on to its exit


def test_a_byte_that_comes_after_its_packet_was_taken_lets_the_caller_sleep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The byte of the first worker wakes the caller, which takes the end of the second one too.

    Then it waits for their exits, and the byte of the second one would end each wait at once.
    """
    if (reason := sysv_mq.unsupported()) is not None:
        pytest.skip(reason)
    put, write = packets._BelledQueue.put, os.write
    token, end = os.pipe()
    os.set_blocking(token, False)
    write(end, b"!")
    puts = 0  # of this worker

    def put_late(queue: Any, data: bytes, tag: int, wait: bool) -> bool:
        nonlocal puts
        puts += 1
        if puts == 2:
            monkeypatch.setattr(os, "write", write_late)
        return put(queue, data, tag, wait)

    def write_late(fd: int, byte: bytes) -> int:
        delay = _LATE
        with contextlib.suppress(BlockingIOError):
            os.read(token, 1)
            delay = _SOON
        time.sleep(delay)
        written = write(fd, byte)
        time.sleep(_RESTS)
        return written

    monkeypatch.setattr(packets._BelledQueue, "put", put_late)
    start, cpu = time.monotonic(), time.process_time()
    with sysv_mq.channel(lambda link: link.send(b"here"), 2, timeout=600.0) as messages:
        assert [bytes(message) for _, message in messages] == [b"here"] * 2
    assert time.process_time() - cpu < (time.monotonic() - start) / 4
    os.close(token)
    os.close(end)
