"""The worker's side of streams of bytes: what its `work` is given."""

import os
from collections import deque

from transports._channel.framing import (
    FEW,
    LARGE,
    READ,
    Ends,
    Inflow,
    left_of,
    parts_of,
    size_at,
    size_of,
)
from transports._channel.protocol import (
    END,
    Given,
    Message,
    Work,
    broken_link,
    one_direction,
)
from transports._supervisor import write_all


class _Link:
    """A worker's ends of its streams; -1 for none."""

    def __init__(self, worker: int, reader: int, writer: int) -> None:
        self.worker = worker
        self._writer = writer
        self._inflow = Inflow(worker, reader) if reader >= 0 else None
        self._messages: deque[tuple[int, Message]] = deque()
        self._unsent: BaseException | None = None  # what broke into `send`
        self._unread: BaseException | None = None  # and into `receive`

    def send(self, data: Given) -> None:
        if self._unsent is not None:
            raise broken_link(self._unsent)
        if type(data) is bytes and len(data) < LARGE:  # as a rule
            frame = size_of(len(data)) + data
            try:
                if (done := os.write(self._writer, frame)) != len(frame):
                    write_all(self._writer, memoryview(frame)[done:])
            except BaseException as error:
                self._unsent = error
                raise
        else:
            self._send_parts(parts_of(data))

    def _send_parts(self, parts: list[Given]) -> None:
        try:
            write_all(self._writer, left_of(parts, os.writev(self._writer, parts)))
        except BaseException as error:
            self._unsent = error
            raise

    def receive(self) -> Message:
        if (inflow := self._inflow) is None:
            raise one_direction()
        if self._unread is not None:
            raise broken_link(self._unread)
        try:
            while not self._messages:
                if inflow.between:
                    data = os.read(inflow.fd, inflow.most)
                    if len(data) >= 8 and size_at(data)[0] == len(data) - 8:  # one, as a rule
                        inflow.most = FEW if len(data) < FEW else READ
                        return data[8:]
                    messages = inflow.cut(data) if data else None
                else:
                    messages = inflow.read()
                if messages is None:
                    break
                self._messages.extend(messages)
            else:
                return self._messages.popleft()[1]
        except BaseException as error:
            self._unread = error
            raise
        raise EOFError("the caller has closed the channel")

    def finish(self) -> None:
        write_all(self._writer, size_of(END))


def serve(work: Work, worker: int, ends: Ends, callers: Ends | None = None) -> None:
    """Do *work* in this worker, through its *ends*; close the caller's first."""
    for fd in set(callers or ()) - {-1}:
        os.close(fd)
    link = _Link(worker, *ends)
    work(link)
    link.finish()
