"""Private directories: where a mechanism has names in the file system.

It is apart from `guardian`, for `tempfile` and `shutil` import a dozen extension modules, and what
a process has mapped makes each of its forks dearer.
"""

import errno
import os
import shutil
import tempfile
from functools import partial

from transports._supervisor.guardian import guard, random_name
from transports._supervisor.supervisor import Supervisor


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
