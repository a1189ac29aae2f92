"""A file for each result, which a worker makes in a directory of the run."""

import contextlib
import mmap
import os
import struct
import tempfile

from tests.selftest.defects import _base, _fifo
from tests.selftest.reported import _os_gate

CODE = struct.Struct("@i")


def remover(path):
    """Give remove, which removes path, and the directory of the results in it."""

    def remove():
        for _ in range(100):  # a worker that is being killed may just make one more
            _fifo.remove_tree(os.path.join(path, "results"))
            _fifo.remove_tree(path)
            if not os.path.lexists(path):
                break

    return remove


@contextlib.contextmanager
def directory():
    """Make a directory for this user alone, whatever the umask; remove all of it without fail."""
    path = os.path.join(tempfile.gettempdir(), "pi-" + os.urandom(16).hex())
    with _base.guard(remover(path)):
        os.mkdir(path, 0o700)
        os.chmod(path, 0o700)
        yield path


def write(path, frame):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        while frame:
            frame = frame[os.write(fd, frame) :]
    finally:
        os.close(fd)


def write_beside(path, frame):
    """Write to another name, so that there is a whole file at path, or none."""
    write(path + "~", frame)
    os.rename(path + "~", path)


def read(path, size):
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    try:
        return os.read(fd, size)
    finally:
        os.close(fd)


def exist_ok(path):
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)


def through(n, workers, *, make=exist_ok, write=write_beside):
    """Run; a worker calls make(directory of the results), and write(path, frame)."""
    seal = _base.Seal()
    with contextlib.ExitStack() as stack:
        place = os.path.join(stack.enter_context(directory()), "results")
        codes = stack.enter_context(mmap.mmap(-1, CODE.size * workers))
        gate = stack.enter_context(_os_gate.gate(workers))
        known = set()

        def work(number, value):
            os.umask(0o077)  # of the worker
            gate.enter()
            try:
                make(place)
                write(os.path.join(place, str(number)), seal.pack(number, value))
            except OSError as error:
                CODE.pack_into(codes, CODE.size * number, error.errno or 0)
                raise

        def take(_):
            sums = {}
            with contextlib.suppress(FileNotFoundError):
                for name in set(os.listdir(place)) - known:
                    if not name.isdecimal():
                        continue
                    frame = read(os.path.join(place, name), seal.size)
                    if len(frame) < seal.size:
                        raise EOFError(f"there are {len(frame)} bytes in the file {name}")
                    known.add(name)
                    sums |= seal.unpack(frame)
            return sums

        try:
            return _base.total(_base.gather(n, workers, work, take, poller=gate))
        except RuntimeError as error:
            code = max(code for (code,) in CODE.iter_unpack(codes))
            raise (OSError(code, str(error)) if code else error) from error.__cause__
