"""A scenario with objects of other programs, which neither break a run nor are removed by it."""

import contextlib
import os
import socket
import sys
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from tests.scenarios.protocol import Log
from tests.system.installed import installed
from tests.system.objects import queue_directory

# Names, keys and ports that a careless transport, or any program, may choose.
_NAMES = ("pi", "result", "fifo", "socket", "queue", "pi.sock", "tmp", "shm", "sem", "mq", "0")
_KEYS = (1, 2, 3, 1234, 12345)
_PORTS = (5000, 8000, 8080, 8888, 9999, 12345)

_NEXT_PIDS = 40  # pids after the caller's, one of which a worker is likely to get
_POSIX_NAMES = 12  # names of POSIX objects: an ordinary user may have few
_QUEUES = 4  # of these, names of POSIX queues, of which there may be ten: mq_overview(7)

# Returns how each object of a kind is now, as text.
Look = Callable[[], list[str]]


def likely_names(module: ModuleType, log: Log) -> None:
    """Run while objects of another program have the names that a transport may choose."""
    name = module.__name__.rpartition(".")[2]
    pids = [str(os.getpid() + more) for more in range(_NEXT_PIDS)]
    # Each name once: a file in the place of a link would be created where the link leads.
    names = list(dict.fromkeys([*_NAMES, name, *(f"{name}-{pid}" for pid in pids[:3]), *pids]))
    with contextlib.ExitStack() as stack:
        places = (os.environ["TMPDIR"], os.getcwd())  # a run may change the directory
        looks = [_in_directory(stack, place, names) for place in places]
        looks += [_system_v(stack), _posix(stack, names)]
        _ports(stack)
        _abstract_sockets(stack, names)
        _run_beside(module, log, looks)


def resembling(module: ModuleType, log: Log, objects: list[list[str]]) -> None:
    """Run while objects of another program have names like those of objects of this transport.

    objects: the kind of each, its place, "" for the temporary directory, and its name.
    """
    with contextlib.ExitStack() as stack, queue_directory() as queues:
        paths = []
        for what, place, name in objects:
            directory = {"": os.environ["TMPDIR"], "/dev/mqueue": str(queues)}.get(place, place)
            with contextlib.suppress(OSError):  # there is one by chance; it cannot be had here
                paths += _made(stack, what, os.path.join(directory, name))
        _run_beside(module, log, [partial(_seen, paths)])


def _run_beside(module: ModuleType, log: Log, looks: list[Look]) -> None:
    """Run, and log which of the objects that *looks* look at were changed or removed."""
    before = [look() for look in looks]
    for number in range(4):
        log.call(module.run, 100 + number, 3)
    after = [look() for look in looks]
    log(
        "placed",
        count=sum(map(len, before)),
        lost=[
            f"{had} -> {has}"
            for olds, news in zip(before, after, strict=True)
            for had, has in zip(olds, news, strict=True)
            if had != has
        ],
    )


def _made(stack: contextlib.ExitStack, what: str, path: str) -> list[str]:
    """Create an object of the kind *what*, which is removed at the end; return its path, or []."""
    if what == "fifo":
        os.mkfifo(path)
    elif what == "link":
        os.symlink("/nowhere", path)
    elif what == "directory":
        os.mkdir(path)
    elif what == "socket":
        with socket.socket(socket.AF_UNIX) as stale, contextlib.suppress(OSError):
            stale.bind(path)  # the path may be too long for it
    elif what in ("file", "POSIX queue"):  # a queue is made by creat(2) too: mq_overview(7)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        if what == "file":
            os.write(fd, b"\0" * 8)
        os.close(fd)
    if not os.path.lexists(path):
        return []
    remove = os.rmdir if what == "directory" else os.unlink
    stack.callback(_remove, partial(remove, path), FileNotFoundError)
    return [path]


def _in_directory(stack: contextlib.ExitStack, place: str, names: list[str]) -> Look:
    """Create a FIFO, file, link, directory or socket of each name in the directory *place*."""
    paths = []
    for number, name in enumerate(names):
        what = ("fifo", "file", "link", "directory", "socket")[number % 5]
        paths += _made(stack, what, os.path.join(place, name))
    return partial(_seen, paths)


def _seen(paths: list[str]) -> list[str]:
    seen = []
    for path in paths:
        try:
            info = os.lstat(path)
        except FileNotFoundError:
            seen.append(f"{path} gone")
        else:
            seen.append(f"{path} {info.st_ino} {info.st_mode:o} {info.st_size} {info.st_mtime}")
    return seen


def _system_v(stack: contextlib.ExitStack) -> Look:
    """Create a System V queue with a message, a segment and a semaphore for each key."""
    looks: list[Callable[[], str]] = []
    if (sysv_ipc := installed("sysv_ipc")) is not None:
        for key in (*_KEYS, *(sysv_ipc.ftok(os.environ["TMPDIR"], i, True) for i in (0, 1))):
            for make in (_a_queue, _a_segment, _a_semaphore):
                # It may be there already, and a sandbox may refuse it. Then it is left out.
                with contextlib.suppress(OSError, sysv_ipc.Error):
                    made, look = make(sysv_ipc, key)
                    stack.callback(_remove, made.remove, sysv_ipc.ExistentialError)
                    looks.append(look)
    return lambda: [look() for look in looks]


# Each makes a System V object, and returns it with what tells how it is.


def _a_queue(sysv_ipc: Any, key: int) -> tuple[Any, Callable[[], str]]:
    queue = sysv_ipc.MessageQueue(key, sysv_ipc.IPC_CREX, 0o600)
    queue.send(b"\0" * 8)
    return queue, lambda: _told(f"queue {key}", lambda: f"{queue.current_messages} messages")


def _a_segment(sysv_ipc: Any, key: int) -> tuple[Any, Callable[[], str]]:
    segment = sysv_ipc.SharedMemory(key, sysv_ipc.IPC_CREX, 0o600, 8)
    segment.detach()  # nobody is attached: some programs take that for stale

    def look() -> str:
        other = sysv_ipc.attach(segment.id)
        try:
            return f"{other.mode:o} {bytes(other.read())!r}"
        finally:
            other.detach()

    return segment, lambda: _told(f"segment {key}", look)


def _a_semaphore(sysv_ipc: Any, key: int) -> tuple[Any, Callable[[], str]]:
    semaphore = sysv_ipc.Semaphore(key, sysv_ipc.IPC_CREX, 0o600, 0)
    return semaphore, lambda: _told(f"semaphore {key}", lambda: str(semaphore.value))


def _posix(stack: contextlib.ExitStack, names: list[str]) -> Look:
    """Create shared memory, a semaphore and a queue of each name, as POSIX has them."""
    looks: list[Callable[[], str]] = []
    if (posix_ipc := installed("posix_ipc")) is not None:
        for name in names[:_POSIX_NAMES]:
            # Another program may have one of that name, and /dev/shm may be absent or read-only.
            # Then it is left out.
            with contextlib.suppress(OSError, posix_ipc.Error):
                memory = posix_ipc.SharedMemory(f"/{name}", posix_ipc.O_CREX, size=8)
                memory.close_fd()
                _unlink_later(stack, memory, name, posix_ipc.ExistentialError)
                looks.append(partial(_shared, posix_ipc, name))
            with contextlib.suppress(OSError, posix_ipc.Error):
                semaphore = posix_ipc.Semaphore(f"/{name}", posix_ipc.O_CREX, initial_value=0)
                stack.callback(semaphore.close)
                # This is undone first: a closed semaphore cannot be unlinked.
                _unlink_later(stack, semaphore, f"sem.{name}", posix_ipc.ExistentialError)
                looks.append(partial(_value, semaphore))
        for name in names[:_QUEUES]:
            with contextlib.suppress(OSError, ValueError, AttributeError, posix_ipc.Error):
                looks.append(_a_posix_queue(stack, posix_ipc, f"/{name}"))
    return lambda: [look() for look in looks]


def _a_posix_queue(stack: contextlib.ExitStack, posix_ipc: Any, name: str) -> Callable[[], str]:
    """Create a queue with a message, which is removed at the end; return what tells how it is."""
    queue = posix_ipc.MessageQueue(name, posix_ipc.O_CREX, max_messages=1, max_message_size=8)
    stack.callback(queue.close)
    stack.callback(_remove, queue.unlink, posix_ipc.ExistentialError)
    queue.send(b"\0" * 8)

    def look() -> str:
        other = posix_ipc.MessageQueue(name)  # the queue that has this name now
        try:
            return f"{queue.current_messages}, by its name {other.current_messages} messages"
        finally:
            other.close()

    return lambda: _told(f"POSIX queue {name}", look)


def _unlink_later(
    stack: contextlib.ExitStack, thing: Any, file: str, gone: type[Exception]
) -> None:
    """Unlink *thing*, memory or a semaphore, at the end, unless its name is another's by then.

    file: its name in /dev/shm, where Linux has it: shm_overview(7), sem_overview(7).
    """
    path = os.path.join("/dev/shm", file)  # noqa: S108 - looked at

    def look() -> tuple[int, int] | None:
        try:
            info = os.lstat(path)
        except OSError:
            return None
        return info.st_dev, info.st_ino

    made = look()
    stack.callback(lambda: _remove(thing.unlink, gone) if look() == made else None)


def _remove(remove: Callable[[], object], gone: type[Exception]) -> None:
    with contextlib.suppress(gone):
        remove()


def _told(what: str, look: Callable[[], str]) -> str:
    try:
        return f"{what}: {look()}"
    except Exception as error:  # noqa: BLE001 - any error is a change
        return f"{what}: {error!r}"


def _value(semaphore: Any) -> str:
    return f"semaphore {semaphore.name}: {semaphore.value}"


def _shared(posix_ipc: Any, name: str) -> str:
    try:
        memory = posix_ipc.SharedMemory(f"/{name}")
    except posix_ipc.ExistentialError:
        return f"memory {name} is gone"
    with open(memory.fd, "rb") as file:
        return f"memory {name}: {os.fstat(file.fileno()).st_ino} {file.read()!r}"


def _ports(stack: contextlib.ExitStack) -> None:
    """Have each port, of TCP and UDP.  A run cannot change that: there is nothing to compare."""
    for port in _PORTS:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with contextlib.suppress(OSError):
                taken = stack.enter_context(socket.socket(type=kind))
                taken.bind(("127.0.0.1", port))
                if kind == socket.SOCK_STREAM:
                    taken.listen()


def _abstract_sockets(stack: contextlib.ExitStack, names: list[str]) -> None:
    """Listen at each name in the abstract namespace, where there is one: unix(7)."""
    if not sys.platform.startswith("linux"):
        return
    for name in names:
        with contextlib.suppress(OSError):
            taken = stack.enter_context(socket.socket(socket.AF_UNIX))
            taken.bind("\0" + name)
            taken.listen()
