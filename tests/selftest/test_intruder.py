"""The intruder of clauses G does no harm: it changes nothing but what the transport has made.

Links, hard links and mount points lead out of the places of a trial, to victims of every kind.
The real process of `tests.intruder` attacks them in every way that it knows.
"""

import contextlib
import fcntl
import os
import shutil
import socket
import stat
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.harness.attacked_runs import WITNESS, IntruderProcess
from tests.harness.intrusion import intrude
from tests.harness.machine import Machine
from tests.intruder.attacks import ATTACKS
from tests.scenarios.__main__ import Paths
from tests.system.deadline import Deadline
from tests.system.files import own_directory, remove_tree
from tests.system.objects import system_v_objects

# It starts as the user who runs the suite, who can read the interpreter, and becomes the other.
INTRUDER = """
import contextlib, os
from tests.intruder import __main__ as intruder
from tests.system import namespaces
if os.geteuid() == 0:
    with contextlib.suppress(namespaces.Refused):
        namespaces.leave(user=False)
if os.geteuid() != {uid}:
    os.setgroups([])
    os.setresgid({uid}, {uid}, {uid})
    os.setresuid({uid}, {uid}, {uid})
intruder.main()
"""

NOBODY = 65534  # the uid of nobody on Linux

STREAM = "stream"  # stands for repeated attacks, by one way after the other

pytestmark = pytest.mark.skipif(
    not Path("/proc/net/unix").exists(), reason="no /proc/net, in which the intruder finds sockets"
)


def _state(path: Path) -> list[Any]:
    """Return what must not change of a file, and of all in it if it is a directory."""
    info = os.lstat(path)
    seen: list[Any] = [
        path.name, info.st_mode, info.st_uid, info.st_size, info.st_mtime_ns, info.st_nlink,
        info.st_ino,
    ]  # fmt: skip
    if stat.S_ISREG(info.st_mode):
        seen.append(path.read_bytes())
    elif stat.S_ISDIR(info.st_mode):
        seen += [_state(inner) for inner in sorted(path.iterdir())]
    return seen


class Objects:
    """A file, a fifo, a socket and a directory in a place; a device if this user may make one."""

    def __init__(self, place: Path, start: str = "") -> None:
        self.place = place
        self.file, self.fifo = place / f"{start}file", place / f"{start}fifo"
        self.socket, self.directory = place / f"{start}socket", place / f"{start}directory"
        self.all = [self.file, self.fifo, self.socket, self.directory]
        self.file.write_text("as it was")
        os.mkfifo(self.fifo, 0o600)
        self.reader = os.open(self.fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.socket))
        self.listener.listen()
        self.listener.setblocking(False)
        self.directory.mkdir(0o700)
        (self.directory / "inner").write_text("as it was")
        with contextlib.suppress(OSError):  # root makes them, where the system lets it
            os.mknod(place / f"{start}device", stat.S_IFCHR | 0o600, os.makedev(1, 3))
            self.all.append(place / f"{start}device")

    def received(self) -> list[str]:
        """Return what has come into the fifo and the socket."""
        found = []
        with contextlib.suppress(BlockingIOError):
            if data := os.read(self.reader, 100):
                found.append(f"the fifo has got {data!r}")
        with contextlib.suppress(BlockingIOError):
            self.listener.accept()[0].close()
            found.append("the socket has got a connection")
        return found

    def close(self) -> None:
        """Close the fifo and the socket."""
        os.close(self.reader)
        self.listener.close()


def _link_to(place: Path, victims: Objects) -> list[str]:
    """Make symbolic and hard links to the victims; return their paths."""
    made = []
    for victim in victims.all:
        made.append(place / f"link-{victim.name}")
        made[-1].symlink_to(victim)
        if not victim.is_dir():
            made.append(place / f"hard-{victim.name}")
            os.link(victim, made[-1], follow_symlinks=False)
    return list(map(str, made))


class Stage:
    """The places of a trial, its session, objects of other programs, and the intruder."""

    def __init__(self, root: Path, uid: int) -> None:
        self._uid = uid
        self._private, self._shared = root / "private", root / "shared"
        outside = root / "outside"
        for directory in (self._private, self._shared, outside):
            directory.mkdir()
        (root / "canary").mkdir()
        (root / "canary" / "file").touch()
        self._victims = Objects(outside, "victim-")
        self._root = root
        self._chown()
        user: dict[str, Any] = (
            {} if uid == os.geteuid() else {"user": uid, "group": uid, "extra_groups": []}
        )
        self._session = subprocess.Popen(
            ["/bin/sh"], stdin=subprocess.PIPE, start_new_session=True, **user
        )
        self._intruder = IntruderProcess(
            {
                "session": self._session.pid,
                "private": [str(self._private)],
                "shared": [str(self._shared)],
                "marker": str(root / "marker"),
                "canary": str(root / "canary"),
                "uid": None,
                "alone": False,
            },
            Machine(),
            ["-c", INTRUDER.format(uid=uid)],
        )
        self._intruder.read_line()
        self._intruder.ask("ignore_present")

    def close(self) -> None:
        """End all that was started."""
        self._intruder.end()
        self._session.kill()
        self._session.wait()
        assert self._session.stdin
        self._session.stdin.close()
        self._victims.close()

    def _chown(self) -> None:
        """Make the user the owner of all that there is."""
        for directory, inner, files in os.walk(self._root):
            for name in (".", *inner, *files):
                os.chown(os.path.join(directory, name), self._uid, self._uid, follow_symlinks=False)

    def _mount(self) -> None:
        """Mount victims in a place of the trial, in the mount namespace of the intruder."""
        if os.geteuid() == 0 and shutil.which("nsenter"):
            for victim in (self._victims.directory, self._victims.file):
                at = self._private / f"mount-{victim.name}"
                at.mkdir() if victim.is_dir() else at.touch()
                enter = ["nsenter", "-t", str(self._intruder.process.pid), "-m"]
                subprocess.run([*enter, "mount", "--bind", victim, at], check=False)

    def _hold(self) -> Path:
        """Let the session open a file for reading, and one for writing; return the second."""
        assert self._session.stdin
        reads, writes, done = (self._shared / name for name in ("reads", "neighbour-file-2", "ok"))
        reads.touch()
        writes.touch()
        self._chown()
        self._session.stdin.write(f"exec 3<{reads} 4<>{writes}; : >{done}\n".encode())
        self._session.stdin.flush()
        deadline = Deadline(10)
        while not done.exists():
            assert not deadline.is_over(), "the session does not open its files"
            time.sleep(0.001)
        done.unlink()
        return writes

    def ask(self, attack: str, made: Sequence[str] = ()) -> None:
        """Let the intruder attack, in one way or in a STREAM of all."""
        if attack == STREAM:
            attacks = list(ATTACKS)
            self._intruder.ask("attack_repeatedly", attacks=attacks, made=made, seconds=0.5)
        else:
            self._intruder.ask("attack", attacks=[attack], made=made)

    @contextlib.contextmanager
    def acting(self) -> Iterator[None]:
        """Act as the user for a while."""
        euid = os.geteuid()
        os.seteuid(self._uid)
        try:
            yield
        finally:
            os.seteuid(euid)

    def attack(self, attack: str) -> list[str]:
        """Let the intruder attack in one way; return what is wrong."""
        before = _state(self._victims.place)
        deep = self._private / "deep" / "er"
        deep.mkdir(parents=True)
        own = Objects(self._private, "own-")
        _link_to(self._private, self._victims)
        _link_to(deep, self._victims)
        (self._private / "way-out").symlink_to(self._victims.place)
        made = _link_to(self._shared, self._victims)
        neighbours = Objects(self._shared, "neighbour-")
        (self._shared / "neighbour-link").symlink_to(self._victims.file)
        writes = self._hold()
        self._mount()
        around = [*neighbours.all, self._shared / "neighbour-link", self._shared / "reads"]
        others = list(map(_state, around))
        with open(own.file, "rb") as file, open(own.fifo, "r+b", buffering=0) as fifo:
            fifo.write(b"taken")
            was = _own_state(own, file.fileno(), fifo.fileno())
            if attack == "forge":
                self._intruder.ask("know", messages=[b"known".hex()], inner=[])
            self.ask(attack, made)
            now = _own_state(own, file.fileno(), fifo.fileno())
        self._intruder.ask("clear")
        wrong = self._victims.received() + neighbours.received()
        if others != list(map(_state, filter(os.path.lexists, around))):
            wrong.append("what another program has in a shared place is changed")
        if was == now and attack != WITNESS:
            wrong.append("what is in the private place was not attacked")
        if was != now and attack == WITNESS:
            wrong.append("what was read is not there any more")
        if attack == "chmod" and stat.S_IMODE(writes.stat().st_mode):
            wrong.append("what a process of the session has open was not attacked")
        own.close()
        neighbours.close()
        for path in (*self._private.iterdir(), *self._shared.iterdir()):
            remove_tree(str(path))
        if (after := _state(self._victims.place)) != before:
            wrong.append(f"the victims are {after}, and were {before}")
        return [f"{attack}: {what}" for what in wrong]

    def replayed(self, data: bytes) -> list[bytes]:
        """Let the intruder see *data* in a fifo, and attack another one with what it has seen.

        Return what there is to be read from each of them then.
        """
        found = []
        for attack in (WITNESS, "replay"):
            path = self._private / f"fifo-{attack}"
            os.mkfifo(path, 0o600)
            self._chown()
            with open(path, "r+b", buffering=0) as fifo:
                os.set_blocking(fifo.fileno(), False)
                if attack == WITNESS:
                    fifo.write(data)
                self.ask(attack)
                found.append(fifo.read(1000) or b"")
            path.unlink()
        return found

    def sent_by(self, attack: str, known: bytes) -> bytes:
        """Let an intruder that knows *known* attack a fifo; return what is to be read from it."""
        path = self._private / f"fifo-{attack}"
        os.mkfifo(path, 0o600)
        self._chown()
        self._intruder.ask("know", messages=[known.hex()], inner=[])
        with open(path, "r+b", buffering=0) as fifo:
            os.set_blocking(fifo.fileno(), False)
            self.ask(attack)
            return fifo.read(1000) or b""


def _own_state(own: Objects, file: int, fifo: int) -> list[Any]:
    """Return the state of the trial's own objects: each attack changes some part of it."""
    waiting = struct.unpack("i", fcntl.ioctl(fifo, termios.FIONREAD, bytes(4)))[0]
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(file, fcntl.LOCK_UN)
        locked = False
    except BlockingIOError:
        locked = True
    shapes = [_shape(path) for path in (own.file, own.fifo, own.directory)]
    inner: list[str] = []
    with contextlib.suppress(OSError):
        inner = os.listdir(own.directory)
    return [shapes, inner, waiting, locked, os.fstat(file).st_size]


def _shape(path: Path) -> tuple[int, int, int] | None:
    with contextlib.suppress(FileNotFoundError):
        info = os.lstat(path)
        return info.st_mode, info.st_ino, info.st_size
    return None


@pytest.fixture(params=["root", "an ordinary user"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Give a stage for root, or for somebody else."""
    root = os.geteuid() == 0
    if request.param == "root" and not root:
        pytest.skip("not root")
    uid = NOBODY if request.param != "root" and root else os.geteuid()
    with own_directory("ipc-stage-") as place:
        place.chmod(0o755)
        stage = Stage(place, uid)
        try:
            yield stage
        finally:
            stage.close()


def test_nothing_outside_of_the_trial_is_harmed(stage: Stage) -> None:
    """By no attack, through no kind of link; and what belongs to the trial is attacked."""
    wrong = [what for attack in (*ATTACKS, STREAM) for what in stage.attack(attack)]
    assert not wrong, "\n".join(wrong)


def test_what_was_seen_is_replayed_in_a_later_run(stage: Stage) -> None:
    """Where it was seen, it is still there."""
    assert stage.replayed(b"a frame") == [b"a frame", b"a frame"]


def test_what_another_run_has_sent_is_sent_again_and_forged(stage: Stage) -> None:
    """A bit of each byte is changed; it is sent twice, for the first or the last may count."""
    assert stage.sent_by("replay", b"3.1") == b"3.1"
    assert stage.sent_by("forge", b"3.1") == b"2.17.13/13*13.03.5" * 2


def test_queues_of_others_are_left_alone(stage: Stage) -> None:
    """Of the same user, and new: but no process of the session has them open, or has used them."""
    posix_ipc = pytest.importorskip("posix_ipc")
    sysv_ipc = pytest.importorskip("sysv_ipc")
    with stage.acting(), contextlib.ExitStack() as stack:
        queue = posix_ipc.MessageQueue(None, posix_ipc.O_CREX, max_messages=2, max_message_size=8)
        stack.callback(queue.close)
        stack.callback(queue.unlink)
        keyless = sysv_ipc.MessageQueue(None, sysv_ipc.IPC_CREX, 0o600)
        stack.callback(keyless.remove)
        semaphore = sysv_ipc.Semaphore(None, sysv_ipc.IPC_CREX, 0o600, 1)
        stack.callback(semaphore.remove)
        memory = sysv_ipc.SharedMemory(None, sysv_ipc.IPC_CREX, 0o600, 8, b"\1")
        stack.callback(memory.remove)
        stack.callback(memory.detach)
        queue.send(b"mine")
        keyless.send(b"mine")
        semaphore.release()
        memory.write(b"mine")
        ids = {thing.id for thing in (keyless, semaphore, memory)}

        def look() -> list[Any]:
            rows = [found for found in system_v_objects() if found.id in ids]
            return [queue.current_messages, semaphore.value, memory.read(4), rows]

        before = look()
        for attack in (*ATTACKS, STREAM):
            stage.ask(attack)
            assert look() == before, attack
        assert queue.receive(0)[0] == b"mine"
        assert keyless.receive(False)[0] == b"mine"


def test_what_a_trial_has_made_is_told(tmp_path: Path) -> None:
    """By an audit hook: not what was there, nor what the trial puts into a directory that was."""
    named: list[tuple[str, bool]] = []

    def log(kind: str, **facts: Any) -> None:
        named.append((facts["name"], facts["made"]))

    hook = Paths(log, [str(tmp_path)], "/private")  # type: ignore[arg-type]
    create = os.O_CREAT | os.O_WRONLY
    (tmp_path / "there").mkdir()
    hook("open", (str(tmp_path / "new"), None, create))
    hook("open", (str(tmp_path / "read"), None, os.O_RDONLY))
    hook("open", (str(tmp_path / "there"), None, create))
    hook("open", (str(tmp_path / "within" / "it"), None, create))
    hook("socket.bind", (None, str(tmp_path / "socket")))
    hook("socket.bind", (None, ("127.0.0.1", 0)))
    hook("os.rename", (str(tmp_path / "new"), str(tmp_path / "there"), -1, -1))
    assert named == [
        ("new", True),
        ("read", False),
        ("there", False),
        ("within", False),
        ("socket", True),
        ("there", True),
    ]


MODULE = """
import contextlib, os, tempfile
from tests.selftest.defects import honest

OUTSIDE = {outside!r}

def run(n, workers):
    honest.check(n, workers)
    place = tempfile.gettempdir()
    start = "own-" + os.urandom(8).hex()
    made = []
    for name in os.listdir(OUTSIDE):
        for way in (os.symlink, os.link):
            with contextlib.suppress(OSError):
                made.append(os.path.join(place, start + way.__name__ + name))
                if way is os.symlink:
                    os.symlink(os.path.join(OUTSIDE, name), made[-1])
                else:
                    os.link(os.path.join(OUTSIDE, name), made[-1], follow_symlinks=False)
    try:
        return honest.run(n, workers)
    finally:
        for path in made:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
"""


def test_a_visit_harms_nothing_that_links_lead_to(tmp_path: Path) -> None:
    """A correct module makes links to files of the host in its directory."""
    outside = tmp_path / "outside"
    outside.mkdir()
    victims = Objects(outside, "victim-")
    module = tmp_path / "links_out.py"
    module.write_text(MODULE.format(outside=str(outside)))
    before = _state(outside)
    intrusion = intrude(str(module), list(ATTACKS))
    wrong = [f"{run.way}: {run.result}" for run in intrusion.runs if run.result != "exact"]
    received = victims.received()
    victims.close()
    assert len(intrusion.runs) == len(ATTACKS)
    assert not wrong + received
    assert _state(outside) == before
    assert any("own-" in name for name in intrusion.seen), "the intruder has seen no link"
