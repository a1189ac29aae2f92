"""Facts of the machine on which outcomes and figures depend: kernel, limits, versions."""

import contextlib
import importlib.metadata
import os
import platform
import re
import resource
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

from report.formats import Platform

__all__ = ["benchmark_info", "commit", "home", "libraries", "limits", "place", "version"]

_PACKAGES = (
    "pytest",
    "pytest-benchmark",
    "hypothesis",
    "posix_ipc",
    "sysv_ipc",
    "numpy",
    "mpi4py",
    "mpich",
    "pyzmq",
    "redis",
    "faster-fifo",
    "iceoryx2",
    "loky",
    "joblib",
    "multiprocess",
    "billiard",
    "anyio",
    "pebble",
    "mpire",
    "execnet",
    "deadpool-executor",
    "kickmsg",
    "cloudtoid-interprocess",
    "membridge",
    "py-sharedmemory",
)

# mq_overview(7), proc_sys_kernel(5), pipe(7), socket(7), listen(2).
_FILES = {
    "mq_msg_max": "/proc/sys/fs/mqueue/msg_max",
    "mq_msgsize_max": "/proc/sys/fs/mqueue/msgsize_max",
    "mq_queues_max": "/proc/sys/fs/mqueue/queues_max",
    "sysv_msgmnb": "/proc/sys/kernel/msgmnb",
    "sysv_msgmax": "/proc/sys/kernel/msgmax",
    "sysv_msgmni": "/proc/sys/kernel/msgmni",
    "pipe_max_size": "/proc/sys/fs/pipe-max-size",
    "pid_max": "/proc/sys/kernel/pid_max",
    "somaxconn": "/proc/sys/net/core/somaxconn",
    "rmem_default": "/proc/sys/net/core/rmem_default",
    "wmem_default": "/proc/sys/net/core/wmem_default",
}


def _tried(get: Callable[[], str | None]) -> str | None:
    with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
        return get() or None
    return None


def _name() -> str:
    def release() -> str | None:
        return platform.freedesktop_os_release().get("PRETTY_NAME")

    mac = platform.mac_ver()[0]
    return _tried(release) or (f"macOS {mac}" if mac else f"{os.uname().sysname} {_release()}")


def _release() -> str:
    return os.uname().release


def _libc() -> str | None:
    known = " ".join(filter(None, platform.libc_ver()))
    # A Python that was built with musl-gcc is linked with a "libc.so", which libc_ver() shows.
    built = "musl" in (sysconfig.get_config_var("SOABI") or "")
    if known and ("musl" in known or not built):
        return known
    return _tried(_musl) or ("musl" if built else None)


def _musl() -> str | None:
    """Return the version that musl's loader prints: before Python 3.15, libc_ver() has none."""
    for loader in Path("/lib").glob("ld-musl-*.so.1"):
        usage = subprocess.run(  # noqa: S603 - a file of the system
            [loader], capture_output=True, text=True, check=False, timeout=5
        ).stderr
        version = re.search(r"^Version (\S+)", usage, re.MULTILINE)
        return f"musl {version[1]}" if version else "musl"
    return None


def _container() -> str | None:
    # systemd.io/CONTAINER_INTERFACE: the manager sets the variable "container" for process 1.
    def of_init() -> str | None:
        found = re.search(rb"(?:^|\0)container=([^\0]+)", Path("/proc/1/environ").read_bytes())
        return found[1].decode("ascii", "replace") if found else None

    def of_cgroup() -> str | None:
        text = Path("/proc/1/cgroup").read_text("utf-8")
        found = re.search(r"docker|kubepods|libpod|lxc|containerd", text)
        return found[0] if found else None

    # In the initial namespace of processes there is no container. Its number is fixed
    # (PROC_PID_INIT_INO in include/linux/proc_ns.h). It is asked first, because a virtual machine
    # that was made from the image of a container has the files below too.
    with contextlib.suppress(OSError):
        if os.stat("/proc/self/ns/pid").st_ino == 0xEFFFFFFC:
            return None
    for mark, kind in (("/.dockerenv", "docker"), ("/run/.containerenv", "podman")):
        if os.path.exists(mark):
            return kind
    return _tried(of_init) or _tried(of_cgroup)


def _virtual() -> bool | None:
    """Tell whether the processor reports a hypervisor; None where it reports nothing (not x86)."""
    with contextlib.suppress(OSError):
        flags = re.search(r"^flags\s*:(.*)", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
        return "hypervisor" in flags[1].split() if flags else None
    return None


def place() -> Platform:
    """Return the platform, without the names of host and user, which are private."""
    uname = os.uname()
    try:
        cpus: int | None = len(os.sched_getaffinity(0))
    except AttributeError:
        cpus = os.cpu_count()
    return {
        "name": _name()[:200],
        "system": uname.sysname,
        "release": uname.release[:200],
        "machine": uname.machine,
        "libc": _libc(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "cpus": cpus,
        "virtual": _virtual(),
        "container": _container(),
        "root": os.geteuid() == 0,
    }


def limits() -> dict[str, int | None]:
    """Return the limits of the system that matter to transports, in bytes or counts."""
    found: dict[str, int | None] = {}
    for name, file in _FILES.items():
        text = _tried(lambda file=file: Path(file).read_text("ascii"))  # type: ignore[misc]
        found[name] = int(text) if text and text.strip().isdigit() else None
    with contextlib.suppress(OSError, ValueError):
        found["pipe_buf"] = os.pathconf("/", "PC_PIPE_BUF")
    for name in ("nofile", "nproc", "msgqueue", "memlock"):
        number = getattr(resource, f"RLIMIT_{name.upper()}", None)
        if number is not None:
            soft = resource.getrlimit(number)[0]
            found[f"rlimit_{name}"] = -1 if soft == resource.RLIM_INFINITY else soft
    return found


def libraries() -> dict[str, str]:
    """Return the versions of those packages that are installed, of the ones in _PACKAGES."""
    found = {}
    for name in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)[:200]
    return found


def benchmark_info(info: dict[str, Any]) -> None:
    """Add the facts to *info*, the machine_info of pytest-benchmark.

    Facts that change from one run to the next are removed: by these, two runs on one machine
    would seem to be on two.
    """
    cpu = info.get("cpu", {})
    info["cpu"] = {key: cpu[key] for key in ("brand_raw", "arch", "count") if key in cpu}
    info["kernel"] = platform.version()
    info["libc"] = _libc() or ""
    info["limits"] = limits()
    info["libraries"] = libraries()


def commit(root: Path) -> str | None:
    """Return the commit of the work tree at *root*, with a + where it has changes, or None.

    On a runner of GitHub Actions without git it is GITHUB_SHA, if *root* is the workspace: as an
    action of another repository, the suite is elsewhere, and GITHUB_SHA is of that repository.
    """

    def git(*command: str) -> str:
        return subprocess.run(  # noqa: S603 - a list of arguments, no shell
            ["git", "-C", str(root), *command],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout.strip()

    def here() -> str | None:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != root.resolve():
            return None
        changed = git("status", "--porcelain", "--untracked-files=no")
        return git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")

    def of_runner() -> str | None:
        same = Path(os.environ.get("GITHUB_WORKSPACE") or "/").resolve() == root.resolve()
        return os.environ.get("GITHUB_SHA", "")[:12] if same else None

    return _tried(here) or of_runner() or None


def _project() -> dict[str, Any]:
    """Return the table [project] of the project file beside this package."""
    import tomllib  # noqa: PLC0415 - read at the end of a run

    text = (Path(__file__).resolve().parents[1] / "pyproject.toml").read_text("utf-8")
    project: dict[str, Any] = tomllib.loads(text)["project"]
    return project


def home() -> str | None:
    """Return the web address of the project, the first of its urls; None if it has none."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        found = [str(url) for url in _project()["urls"].values()]
        return next((url for url in found if url.startswith("https://")), None)
    return None


def version() -> str | None:
    """Return the version of the suite, from the project file, or as it is installed."""
    with contextlib.suppress(KeyError):
        if found := _tried(lambda: str(_project()["version"])):
            return found
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version("ipc-conformance")
    return None
