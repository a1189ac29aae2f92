"""POSIX message queues of Linux by way of ctypes: mq_overview(7), where posix_ipc is not installed.

posix_ipc has to be compiled for some Pythons: it has no wheel for 3.14.  Here are the parts of it
that transports use, under its names; an error that posix_ipc has no class for is an OSError.
"""

import ctypes
import errno
import os
import sys

O_CREX = os.O_CREAT | os.O_EXCL


class Error(Exception):
    """What the next four have in common."""


class ExistentialError(Error):
    """There is no queue of this name, or there is one already."""


class BusyError(Error):
    """The queue is empty, or full."""


class SignalError(Error):
    """A signal has interrupted the call."""


class LimitError(Error):
    """A limit on queues, on their bytes or on open descriptors does not allow it: mq_open(3)."""


_ERRORS = {
    errno.ENOENT: ExistentialError,
    errno.EEXIST: ExistentialError,
    errno.EAGAIN: BusyError,
    errno.EINTR: SignalError,
    errno.EINVAL: LimitError,
    errno.EMFILE: LimitError,
    errno.ENOSPC: LimitError,
}


class _Attributes(ctypes.Structure):
    """struct mq_attr of Linux: mq_getattr(3)."""

    _fields_ = (
        *((name, ctypes.c_long) for name in ("flags", "maxmsg", "msgsize", "curmsgs")),
        ("reserved", ctypes.c_long * 4),
    )


def _library() -> ctypes.CDLL | None:
    """Return the library that has the functions: librt before glibc 2.34; None if none has."""
    for name in (None, "librt.so.1") if sys.platform == "linux" else ():
        library = ctypes.CDLL(name, use_errno=True)
        if hasattr(library, "mq_open"):
            library.mq_receive.restype = ctypes.c_ssize_t
            library.mq_send.argtypes = (
                ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint
            )  # fmt: skip
            return library
    return None


_LIBRARY = _library()
MESSAGE_QUEUES_SUPPORTED = _LIBRARY is not None


def _call(name: str, *arguments: object) -> int:
    """Return what a function of the library returns; raise by errno if that is -1."""
    returned: int = getattr(_LIBRARY, name)(*arguments)
    if returned == -1:
        code = ctypes.get_errno()
        text = f"{name}: {os.strerror(code)}"
        if code in _ERRORS:
            raise _ERRORS[code](text)
        raise OSError(code, text)
    return returned


def unlink_message_queue(name: str) -> None:
    """Remove the name of a queue."""
    _call("mq_unlink", os.fsencode(name))


class MessageQueue:
    """An open queue.

    mqd: its descriptor.
    max_messages, max_message_size: of the queue; they matter only where it is made, by O_CREX.
    """

    def __init__(
        self,
        name: str,
        flags: int = 0,
        mode: int = 0o600,
        max_messages: int = 10,
        max_message_size: int = 8192,
    ) -> None:
        attributes = _Attributes(maxmsg=max_messages, msgsize=max_message_size)
        flags |= os.O_RDWR | os.O_CLOEXEC
        # The two last ones are variable arguments, so their types have to be told.
        self.mqd = _call(
            "mq_open", os.fsencode(name), flags, ctypes.c_uint(mode), ctypes.byref(attributes)
        )
        _call("mq_getattr", self.mqd, ctypes.byref(attributes))
        self.max_messages: int = attributes.maxmsg
        self.max_message_size: int = attributes.msgsize
        self._buffer = ctypes.create_string_buffer(self.max_message_size)

    @property
    def block(self) -> bool:
        """Whether a call waits if the queue is empty, or full."""
        return os.get_blocking(self.mqd)

    @block.setter
    def block(self, blocks: bool) -> None:
        os.set_blocking(self.mqd, blocks)

    def send(self, message: bytes) -> None:
        """Send a message; raise BusyError, SignalError or OSError."""
        _call("mq_send", self.mqd, bytes(message), len(message), 0)

    def receive(self) -> tuple[bytes, int]:
        """Return a message and its priority, which is 0; raise BusyError, SignalError or OSError.

        For one thread at a time.
        """
        size = ctypes.c_size_t(self.max_message_size)
        length = _call("mq_receive", self.mqd, self._buffer, size, None)
        return ctypes.string_at(self._buffer, length), 0

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self.mqd)
