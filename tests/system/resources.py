"""What exists: inside a process, and in the system.

Each census is a dict from the kind of thing to the set of its names; `new` tells what the
second has and the first has not.  A place that cannot be listed is not taken as empty:
POSIX queues can be listed only where /dev/mqueue is mounted, or can be; elsewhere they are
weighed.
"""

import contextlib
import os
import resource
import secrets
import signal
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from tests.system import namespaces

Census = dict[str, set[str]]

_IN_ALL = "bytes in all"


def new(before: Census, after: Census) -> list[tuple[str, str]]:
    """Return what *after* has and *before* has not, as (kind, name).

    Of what is weighed, only more is new: a neighbour may have removed a queue meanwhile.
    """
    return [
        (kind, name)
        for kind in after
        for name in sorted(after[kind] - before.get(kind, set()))
        if _weigh(name) < 0 or _weigh(name) > max(map(_weigh, before.get(kind, set())), default=-1)
    ]


def since(before: Census, look: Callable[[], Census] | None = None) -> list[tuple[str, str]]:
    """Return what this process has now and had not *before*.

    A thread that was joined may still be on its way out: it is given a second.

    look: what else takes the census, of which *before* is one.
    """
    until = time.monotonic() + 1
    while (found := new(before, (look or inside)())) and time.monotonic() < until:
        time.sleep(0.001)
    return found


def _weigh(name: str) -> int:
    """Return the bytes that *name* tells, or -1 if it is a name."""
    number, _, rest = name.partition(" ")
    return int(number) if rest == _IN_ALL else -1


def inside() -> Census:
    """Return what this process has: descriptors, children, threads, timers, mappings."""
    return {
        "descriptor": _descriptors(),
        "child": _children(),
        "thread": {f"{t.name}" for t in threading.enumerate()} | _tasks(),
        "timer": _timers(),
        "shared mapping": _mappings(),
    }


def _descriptors() -> set[str]:
    found = set()
    place = "/proc/self/fd" if Path("/proc/self/fd").is_dir() else "/dev/fd"
    for name in os.listdir(place):
        fd = int(name)
        try:
            info = os.fstat(fd)  # the descriptor of the listing itself is closed by now
        except OSError:
            continue
        target = stat.filemode(info.st_mode)
        with contextlib.suppress(OSError):
            target = os.readlink(f"{place}/{name}")
        found.add(f"{fd} -> {target}")
    return found


def _children() -> set[str]:
    """Tell whether there is any child, also a zombie, without reaping it."""
    try:
        result = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return set()
    return {f"zombie {result.si_pid}" if result else "a living one"}


def _tasks() -> set[str]:
    tasks = Path("/proc/self/task")
    return set(os.listdir(tasks)) if tasks.is_dir() else set()


def _timers() -> set[str]:
    timers = ("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF")
    return {t for t in timers if signal.getitimer(getattr(signal, t)) != (0.0, 0.0)}


def _mappings() -> set[str]:
    with contextlib.suppress(OSError), open("/proc/self/maps") as maps:
        return {line for line in maps if line.split(None, 2)[1].endswith("s")}
    return set()


def outside(*places: str) -> Census:
    """Return what the system has of this user: queues, segments, and the files in *places*."""
    census = of_the_namespace()
    for place in places:
        census[f"file in {place}"] = files(place)
    return census


def files(place: str) -> set[str]:
    """Return the files of this user in *place*."""
    found = set()
    with contextlib.suppress(FileNotFoundError):
        for entry in os.scandir(place):
            with contextlib.suppress(OSError):
                info = entry.stat(follow_symlinks=False)
                if info.st_uid == os.getuid():
                    found.add(f"{stat.filemode(info.st_mode)} {entry.name}")
    return found


def of_the_namespace() -> Census:
    """Return what the IPC namespace of this process has: ipc_namespaces(7)."""
    return sysv() | {"POSIX queue": queues()}


def sysv() -> Census:
    """Return the System V objects of everybody, by kind and id."""
    return {"System V": _sysv()}


def _sysv() -> set[str]:
    if Path("/proc/sysvipc").is_dir():
        return {
            f"{kind} id {fields[1]}"
            for kind in ("msg", "sem", "shm")
            for fields in map(str.split, Path("/proc/sysvipc", kind).read_text().splitlines()[1:])
        }
    listing = subprocess.run(["ipcs"], capture_output=True, text=True, check=True).stdout  # noqa: S607
    return {" ".join(line.split()[:3]) for line in listing.splitlines() if line[:2] in "q s m "}


def queues() -> set[str]:
    """Return the POSIX queues of this user, or the bytes of all where they cannot be listed."""
    directory = _queue_directory()
    if directory is None:
        return {f"{queue_bytes()} {_IN_ALL}"}
    found = set()
    for name in os.listdir(directory):
        with contextlib.suppress(FileNotFoundError):
            if os.stat(name, dir_fd=directory).st_uid == os.getuid():
                found.add(f"/{name}")
    return found


@cache
def _queue_directory() -> int | None:
    """Return a descriptor of the directory of POSIX queues, or None where it cannot be had."""
    reader, writer = os.pipe()
    release, hold = os.pipe()
    pid = os.fork()
    if pid == 0:  # for the mount to be in a namespace of its own
        try:
            os.close(hold)
            os.write(writer, os.fsencode(mount_queues() or ""))
            os.close(writer)
            os.read(release, 1)
        finally:
            os._exit(0)
    os.close(writer)
    os.close(release)
    place = os.read(reader, 4096)
    os.close(reader)
    try:
        if not place:
            return None
        directory = os.open(f"/proc/{pid}/root{os.fsdecode(place)}", os.O_RDONLY)
        if place != b"/dev/mqueue":
            os.rmdir(place)
        return directory
    except OSError:
        return None
    finally:
        os.close(hold)
        os.waitpid(pid, 0)


def mount_queues() -> Path | None:
    """Return the directory of POSIX queues, mounted for this process alone if it may be."""
    place = Path("/dev/mqueue")
    if place.is_dir() and os.path.ismount(place):
        return place
    if os.geteuid() != 0:
        return None
    own = tempfile.mkdtemp(prefix="ipc-mqueue-")
    try:
        namespaces.leave()
        namespaces.mount("mqueue", own)
    except namespaces.Refused:
        os.rmdir(own)
        return None
    return Path(own)


def queue_bytes() -> int:
    """Return the bytes that one more queue and all of this user's take, open or named.

    The kernel charges each against RLIMIT_MSGQUEUE of its maker until its last descriptor
    and name are gone (getrlimit(2), mq_overview(7)).  A queue can be made if and only if
    what is charged and its own weight stay within the soft limit, so bisection over that
    limit finds the charge to the byte, with no need of /dev/mqueue or of a name.
    """
    if not hasattr(resource, "RLIMIT_MSGQUEUE"):
        return 0  # no such limit, and no such queues: macOS
    try:
        import posix_ipc  # noqa: PLC0415 - may be missing
    except ModuleNotFoundError:
        return 0  # and nothing under test here can make one without it, short of ctypes
    soft, hard = resource.getrlimit(resource.RLIMIT_MSGQUEUE)

    most = 1 << 31 if hard == resource.RLIM_INFINITY else hard
    least, beyond = 0, most + 1
    try:
        while least < beyond:
            middle = (least + beyond) // 2
            resource.setrlimit(resource.RLIMIT_MSGQUEUE, (middle, hard))
            if _fits(posix_ipc):
                beyond = middle
            else:
                least = middle + 1
    finally:
        resource.setrlimit(resource.RLIMIT_MSGQUEUE, (soft, hard))
    return least


def _fits(posix_ipc: Any) -> bool:
    name = "/census-" + secrets.token_hex(8)
    try:
        queue = posix_ipc.MessageQueue(
            name, posix_ipc.O_CREX, 0o600, max_messages=1, max_message_size=1
        )
    except (OSError, posix_ipc.Error):
        return False
    queue.close()
    queue.unlink()
    return True
