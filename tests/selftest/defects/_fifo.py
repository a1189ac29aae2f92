"""A fifo between the workers and their caller: in a private directory, frames signed."""

import contextlib
import errno
import os
import tempfile

from tests.selftest.defects import _base


@contextlib.contextmanager
def private_directory(room=4000):
    """Make a directory for this user alone, whatever the umask; remove it without fail."""
    place = tempfile.gettempdir()
    if len(os.fsencode(place)) + 36 > room:
        place = "/tmp"
    path = os.path.join(place, "pi-" + os.urandom(16).hex())
    with _base.guard(lambda: remove_tree(path)):
        os.mkdir(path, 0o700)
        os.chmod(path, 0o700)
        yield path


def remove_tree(path):
    try:
        if not os.path.islink(path):
            for name in os.listdir(path):  # a descriptor less than rmtree takes
                os.unlink(os.path.join(path, name))
            os.rmdir(path)
    except OSError as error:  # gone, or somebody else's
        if error.errno == errno.EMFILE:  # for the guard
            raise


def send(path, frame, reader):
    fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    if not os.path.samestat(os.fstat(fd), os.fstat(reader)):
        raise OSError(f"{path} is another fifo by now")
    os.set_blocking(fd, True)
    os.write(fd, frame)
    os.close(fd)


def through(path, n, workers, *, mode=0o600, send=send, pack=None, scan=None):
    """Run through a new fifo at path, which somebody else removes."""
    seal = _base.Seal()
    pack, scan = pack or seal.pack, scan or seal.scan
    reader = writer = -1
    try:
        os.mkfifo(path, mode)
        if mode == 0o600:
            os.chmod(path, mode)
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        writer = os.open(path, os.O_WRONLY)
        stream = bytearray()

        def work(number, value):
            send(path, pack(number, value), reader)

        def take(fd):
            sums = {}
            with contextlib.suppress(BlockingIOError):
                for _ in range(1000 if fd is None else 1):
                    stream.extend(os.read(reader, 65536))
                    sums |= scan(stream)
            return sums

        return _base.total(_base.gather(n, workers, work, take, reader))
    finally:
        for fd in (reader, writer):
            if fd >= 0:
                os.close(fd)


@contextlib.contextmanager
def at(path):
    """Give path, and remove what is there at the end, also when the caller is killed."""

    def remove():
        with contextlib.suppress(OSError):
            os.unlink(path)

    with _base.guard(remove):
        yield path
