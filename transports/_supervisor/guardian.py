"""The guardian: a process that removes what has a name, should the caller be killed.

An object in the file system, a message queue, shared memory: each lives by its name and
outlives the processes that use it.  Whoever is killed with SIGKILL removes nothing.
"""

import contextlib
import errno
import gc
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from functools import partial

from transports._supervisor.signals import without_sigpipe
from transports._supervisor.supervisor import Supervisor

# What ends a whole terminal group or session must not end its guardian.
TERMINAL_SIGNALS = {signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM}


@contextlib.contextmanager
def guard(supervisor: Supervisor, remove: Callable[[], None]) -> Iterator[None]:
    """Call *remove* on leaving, or when the caller and all its workers are dead.

    For an object that lives by its name: enter before it is made, leave once its name
    may go, at the end of the run or, with a mechanism that works on without its name,
    at once.  *remove* must not mind that there is nothing to remove.

    The promise is kept by a process of its own, asleep on a pipe whose write end is held
    by the caller and its workers: at end of file they are gone, by whatever signal.  If *remove*
    fails in the caller, the guardian is asked to do it; if it succeeds, the guardian is killed.
    """
    reader, writer = supervisor.pipe()

    def wait() -> None:
        gc.disable()
        signal.pthread_sigmask(signal.SIG_BLOCK, TERMINAL_SIGNALS)
        os.close(writer)
        os.read(reader, 1)
        remove()

    guardian = supervisor.start_helper(wait)
    supervisor.close(reader)
    try:
        yield
    finally:
        try:
            remove()
        except Exception:  # noqa: BLE001 - short of descriptors, perhaps, which the guardian is not
            with contextlib.suppress(BrokenPipeError):
                without_sigpipe(os.write)(writer, b"!")
        else:
            guardian.dismiss()
        supervisor.ignore(guardian.sentinel)
        supervisor.close(writer)


def random_name() -> str:
    """Return a name that nobody can guess or hold already: 104 random bits.

    31 characters in all with the slash of a POSIX object: PSHMNAMLEN of macOS and the BSDs.
    """
    return "ipc-" + secrets.token_hex(13)


def private_directory(supervisor: Supervisor, room: int | None = None) -> str:
    """Return the path of a new private directory, removed with all it holds at the end.

    It has mode 0700 whatever the umask, and a name that cannot be guessed.

    room: bytes that its path may have, for a socket address; where the temporary
        directory leaves less, /tmp or /var/tmp is used.

    Raises OSError: ENAMETOOLONG if none fits, or what mkdir(2) raises.
    """
    name = random_name()
    for base in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108 - the name is not to be guessed
        path = os.path.join(base, name)
        if room is None or len(os.fsencode(path)) <= room:
            break
    else:
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), path)
    supervisor.cleanup.enter_context(guard(supervisor, partial(_remove_tree, path)))
    os.mkdir(path, 0o700)
    os.chmod(path, 0o700)  # a umask of 0777 leaves nothing
    return path


def _remove_tree(path: str) -> None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except PermissionError:  # its mode is not ours any more
        os.chmod(path, 0o700)
        shutil.rmtree(path)
        return
    except OSError as error:
        # Gone, or somebody else's by now: a link is not followed, and not ours to remove.
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            raise
        return
    try:  # flat, as we made it: a fifth of the time of rmtree
        for name in os.listdir(fd):
            os.unlink(name, dir_fd=fd)
        os.rmdir(path)
    except FileNotFoundError:
        pass
    except OSError:
        shutil.rmtree(path)
    finally:
        os.close(fd)
