"""iceoryx2, by its binding: publish and subscribe in shared memory, woken by its events.

Each worker has a topic of its own.  A publisher that is too far ahead waits.  The receiver copies a
message out, for it may borrow only so many; to read in place would be faster.
"""

import contextlib
import ctypes
import secrets
import tempfile
from collections.abc import Iterator
from typing import Any

from tests.benchmarks.message_peers import END, PATIENCE, Opened, Work, forked, greeted, link
from tests.benchmarks.peers import iceoryx2 as basis
from tests.benchmarks.peers import missing

try:
    import iceoryx2
except ModuleNotFoundError:
    iceoryx2 = None

_AHEAD = 16  # messages
_LARGEST = 1 << 20  # bytes of a message
_GREETING = b"!"


def unsupported() -> str | None:
    """Return why iceoryx2 cannot be had here, or None."""
    if reason := missing("iceoryx2", "iceoryx2"):
        return reason
    known = hasattr(iceoryx2, "BackpressureStrategy")
    return None if known else "this iceoryx2 has no publishers that wait"


def _topic(node: Any, name: str) -> Any:
    service = node.service_builder(iceoryx2.ServiceName.new(name))
    service = service.publish_subscribe(iceoryx2.Slice[ctypes.c_uint8]).enable_safe_overflow(False)
    service = service.subscriber_max_buffer_size(_AHEAD).max_publishers(1).max_subscribers(1)
    return service.open_or_create()


class _Sender:
    """A publisher, and what wakes the subscriber; it counts one byte more than a message has."""

    def __init__(self, node: Any, topic: str, bell: str, workers: int) -> None:
        publisher = _topic(node, topic).publisher_builder().initial_max_slice_len(_LARGEST + 1)
        strategy = iceoryx2.BackpressureStrategy.RetryUntilDelivered
        self._publisher = publisher.backpressure_strategy(strategy).create()
        self._bell = basis.event(node, bell, workers).notifier_builder().create()

    def send(self, data: bytes) -> None:
        """Publish a message.  A sample has at least a byte: it has one more."""
        sample = self._publisher.loan_slice_uninit(len(data) + 1)
        ctypes.memmove(sample.payload_ptr, data, len(data))
        sample.assume_init().send()
        self._bell.notify()

    def delete(self) -> None:
        """Delete the ports, in order: no exit tidies up."""
        self._publisher.delete()
        self._bell.delete()


class _Receiver:
    """Subscribers, and what they are woken by."""

    def __init__(self, node: Any, topics: list[str], bell: str, workers: int) -> None:
        self._subscribers = [_topic(node, each).subscriber_builder().create() for each in topics]
        self._bell = basis.event(node, bell, workers).listener_builder().create()

    def messages(self) -> Iterator[tuple[int, bytes]]:
        """Yield the number of a topic, and a message."""
        limit = iceoryx2.Duration.from_secs(PATIENCE)
        numbered = [*enumerate(self._subscribers)]
        while True:
            found = False
            for number, subscriber in numbered:
                while (sample := subscriber.receive()) is not None:
                    found = True
                    size = sample.header.number_of_elements - 1
                    message = ctypes.string_at(sample.payload_ptr, size)
                    sample.delete()
                    yield number, message
            if not found:
                self._bell.timed_wait(limit)

    def delete(self) -> None:
        """Delete the ports."""
        for each in (*self._subscribers, self._bell):
            each.delete()


def _work(work: Work, worker: int, workers: int, place: str, prefix: str) -> None:
    node = basis.new_node(place, prefix)
    sender = _Sender(node, f"up {worker}", "caller", workers)
    receiver = _Receiver(node, [f"down {worker}"], f"worker {worker}", workers)
    messages = receiver.messages()
    sender.send(_GREETING)
    next(messages)  # the caller is connected: before that, what is too far ahead would be lost
    work(link(worker, sender.send, lambda: next(messages)[1]))
    sender.send(END)
    receiver.delete()
    sender.delete()


@contextlib.contextmanager
def channel(work: Work, workers: int, *, duplex: bool = False) -> Iterator[Opened]:
    """Open a topic for each worker and direction; it is always duplex."""
    prefix = f"ipc_{secrets.token_hex(6)}_"
    with tempfile.TemporaryDirectory() as place, basis.files_removed(prefix):
        node = basis.new_node(place, prefix)
        numbers = range(workers)
        receiver = _Receiver(node, [f"up {each}" for each in numbers], "caller", workers)
        senders = [_Sender(node, f"down {each}", f"worker {each}", workers) for each in numbers]
        with forked(_work, [(work, each, workers, place, prefix) for each in numbers]):
            receive = greeted(receiver.messages().__next__, workers)
            for sender in senders:
                sender.send(_GREETING)
            yield Opened(workers, receive, lambda worker, data: senders[worker].send(data))
        receiver.delete()
        for sender in senders:
            sender.delete()
