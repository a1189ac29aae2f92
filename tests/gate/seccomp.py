"""The filter of system calls and its listener: seccomp(2), seccomp_unotify(2).

A filter is a program of the Berkeley packet filter, <linux/filter.h>, over struct seccomp_data:
the number of the call at 0, the architecture at 4, and six arguments of 8 bytes from 16 on.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import select
import struct
from typing import Literal, NamedTuple

from tests.gate import calls

_PR_SET_NO_NEW_PRIVS = 38  # <linux/prctl.h>
_SET_MODE_FILTER, _GET_NOTIF_SIZES = 1, 3  # <linux/seccomp.h>
_NEW_LISTENER, _WAIT_KILLABLE_RECV = 1 << 3, 1 << 5

_ALLOW, _USER_NOTIF = 0x7FFF0000, 0x7FC00000
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06  # BPF_LD|BPF_W|BPF_ABS and so on
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16

_FUTEX_PRIVATE_FLAG = 128  # futex(2)

_NOTICE = struct.Struct("=QIIiIQ6Q")  # struct seccomp_notif
_ANSWER = struct.Struct("=QqiI")  # struct seccomp_notif_resp
_RECEIVE, _SEND = 0xC0502100, 0xC0182101  # ioctl numbers, which have the sizes of these
_SET_FLAGS = 0x40082104
_SYNC_WAKE_UP = 1  # Linux 6.6: the answered call goes on at once on this processor
_CONTINUE = 1

_libc = ctypes.CDLL(None, use_errno=True)


class Refused(Exception):  # noqa: N818 - a reason, no error
    """The system has no such filters, or does not let this process have one."""


Reach = Literal["shared", "own", "every"]
"""Which calls wait for an answer.

shared: those that other processes can notice.
own: calls.OWN too.
every: all but those of memory, and of futexes within a process.
"""


class Notice(NamedTuple):
    """A call that waits for an answer."""

    id: int
    tid: int
    name: str
    arguments: tuple[int, ...]


def _listed(machine: calls.Architecture, reach: Reach) -> set[int]:
    """Return the numbers of the calls that the filter tells from all others: see `_program`."""
    if reach == "every":
        return {*machine.memory.values()}
    further = machine.alone | machine.memory
    own = {further[name] for name in calls.OWN} if reach == "own" else set[int]()
    return own | {*machine.numbers.values()}


def _program(machine: calls.Architecture, free: int, reach: Reach) -> bytes:
    """Return the filter.

    free: a descriptor by which sendmsg(2) may be called, to hand the listener over.
    """
    futex, sendmsg = machine.numbers["futex"], machine.numbers["sendmsg"]
    listed = sorted(_listed(machine, reach) - {futex, sendmsg})
    unlisted, found = (_USER_NOTIF, _ALLOW) if reach == "every" else (_ALLOW, _USER_NOTIF)
    code = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_EQUAL, 1, 0, machine.audit),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _NUMBER_AT),
        # A futex is seen by others if it lacks the flag of the private ones.
        (_EQUAL, 0, 4, futex),
        (_LOAD, 0, 0, _ARGUMENTS_AT + 8),
        (_ANY_BIT, 0, 1, _FUTEX_PRIVATE_FLAG),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _USER_NOTIF),
        (_EQUAL, 0, 4, sendmsg),
        (_LOAD, 0, 0, _ARGUMENTS_AT),
        (_EQUAL, 0, 1, free),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _USER_NOTIF),
        *((_EQUAL, len(listed) - at, 0, number) for at, number in enumerate(listed)),
        (_RETURN, 0, 0, unlisted),
        (_RETURN, 0, 0, found),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in code)


def install(free: int, reach: Reach = "shared") -> int:
    """Install the filter in this process, for it and for all of its children; return the listener.

    free: a socket, by which the listener can be handed over: see `_program`.

    It cannot be taken away again.  Raises Refused.
    """
    machine = calls.of_this_machine()
    if machine is None:
        raise Refused(f"the numbers of system calls of {os.uname().machine} are not known here")
    code = _program(machine, free, reach)
    steps = ctypes.create_string_buffer(code, len(code))
    packed = struct.pack("@HP", len(code) // 8, ctypes.addressof(steps))
    program = ctypes.create_string_buffer(packed, len(packed))
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise Refused(f"prctl: {os.strerror(ctypes.get_errno())}")
    for flags in (_NEW_LISTENER | _WAIT_KILLABLE_RECV, _NEW_LISTENER):
        listener: int = _libc.syscall(
            machine.seccomp, _SET_MODE_FILTER, flags, ctypes.byref(program)
        )
        if listener >= 0:
            return listener
    number = ctypes.get_errno()
    # EBUSY: there is a listener already, in a container or in a sandbox.
    raise Refused(f"seccomp: {os.strerror(number)}")


class Listener:
    """The end of the gatekeeper."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._poller = select.poll()
        self._poller.register(fd, select.POLLIN)
        machine = calls.of_this_machine()
        assert machine
        names = machine.memory | machine.alone | machine.numbers
        self._names = {number: name for name, number in names.items()}
        with contextlib.suppress(OSError):
            fcntl.ioctl(fd, _SET_FLAGS, _SYNC_WAKE_UP)

    def receive(self) -> Notice | None:
        """Return a call that has not been received yet, or None if there is none now."""
        while (ready := self._poller.poll(0)) and ready[0][1] & select.POLLIN:
            notice = bytearray(_NOTICE.size)  # it has to be zero
            try:
                fcntl.ioctl(self.fd, _RECEIVE, notice)
            except OSError as error:
                # ENOENT: a signal has ended it, or its process, meanwhile.
                if error.errno not in (errno.ENOENT, errno.EINTR):
                    raise
                continue
            number, tid, _, call, _, _, *arguments = _NOTICE.unpack(notice)
            name = self._names.get(call, f"call {call}")
            return Notice(number, tid, name, tuple(arguments))
        return None

    def go_on(self, notice: Notice) -> bool:
        """Let the call be done; tell whether it was still waiting."""
        return self._answer(_ANSWER.pack(notice.id, 0, 0, _CONTINUE))

    def succeed(self, notice: Notice) -> bool:
        """Let the call return 0 without being done."""
        return self._answer(_ANSWER.pack(notice.id, 0, 0, 0))

    def fail(self, notice: Notice, number: int) -> bool:
        """Let the call return an error, *number* of errno(3), without being done."""
        return self._answer(_ANSWER.pack(notice.id, 0, -number, 0))

    def _answer(self, answer: bytes) -> bool:
        try:
            fcntl.ioctl(self.fd, _SEND, answer)
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise
            return False
        return True

    def close(self) -> None:
        """Let go of it: after that, each call that is watched fails with ENOSYS."""
        os.close(self.fd)
