"""Private directories: where a mechanism has names in the file system."""

import errno
import os
import sys
from functools import partial

from transports._supervisor.guardian import guard, random_name
from transports._supervisor.supervisor import Supervisor

_VARIABLES = ("TMPDIR", "TEMP", "TMP")
_COMMON = ("/tmp", "/var/tmp", "/usr/tmp")  # noqa: S108 - a name in it is not to be guessed


def _temporary_directory() -> str:
    """Return what tempfile.gettempdir() would.

    That module is not imported here: it needs `random`, which has a hook that makes each fork
    dearer by a third.  Where the program has imported it, it may have chosen a directory there.
    """
    if (module := sys.modules.get("tempfile")) is not None:
        return str(module.gettempdir())
    named = filter(None, map(os.environ.get, _VARIABLES))
    effective = os.access in os.supports_effective_ids
    for place in (*named, *_COMMON, os.curdir):
        if os.path.isdir(place) and os.access(place, os.W_OK | os.X_OK, effective_ids=effective):
            return os.path.abspath(place)
    raise FileNotFoundError(errno.ENOENT, "there is no directory for temporary files")


def private_directory(supervisor: Supervisor, room: int | None = None) -> str:
    """Return the path of a new private directory, removed with all it holds at the end.

    It has mode 0700 whatever the umask, and a name that cannot be guessed.

    room: bytes that its path may have, for a socket address; where the temporary
        directory leaves less, /tmp, /var/tmp or /usr/tmp is used.

    Raises OSError: ENAMETOOLONG if none fits, or what mkdir(2) raises.
    """
    name = random_name()
    for base in (_temporary_directory(), *_COMMON):
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
        _remove_any_tree(path)
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
        _remove_any_tree(path)
    finally:
        os.close(fd)


def _remove_any_tree(path: str) -> None:
    import shutil  # noqa: PLC0415 - rarely needed, and each mapping makes forks dearer

    shutil.rmtree(path)
