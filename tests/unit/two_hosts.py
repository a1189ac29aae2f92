"""Two hosts of the tests: namespaces(7) of this machine with a cable between them, veth(4).

A host has a network, a name, processes, IPC objects, mounts and a /dev/shm of its own; the other
files are shared, as on a cluster.  unshare(1), nsenter(1) and ip(8) make it, for root alone.  It
ends with its first process: then the kernel removes its processes, its mounts and the cable.

    python -m tests.unit.two_hosts serve NAME FILE       be the first process; FILE: its hosts(5)
    python -m tests.unit.two_hosts shell NAME COMMAND    as rsh: run COMMAND on the host NAME
"""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.harness import ROOT
from tests.system import namespaces, processes

ADDRESSES = {"node1": "10.77.0.1", "node2": "10.77.0.2"}
_PORT = 514  # of rsh
_BIND = 0x1000  # MS_BIND of <sys/mount.h>
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - not a file of ours
_UP_IN = 10.0  # seconds


class Host:
    """One of the hosts.

    pid: its first process, as the tests see it.
    """

    def __init__(self, name: str, hosts: Path) -> None:
        self.name = name
        unshare = "unshare --net --uts --ipc --mount --pid --fork --kill-child --mount-proc"
        serve = [sys.executable, "-m", "tests.unit.two_hosts", "serve", name, str(hosts)]
        self._process = subprocess.Popen(
            [*unshare.split(), *serve],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        if (line := self._process.stdout.readline()) != "ready\n":
            self.end()
            raise namespaces.Refused(f"no host: {line.strip()}")
        (self.pid,) = processes.children(self._process.pid)
        self._processes = os.readlink(f"/proc/{self.pid}/ns/pid")

    def command(self, *words: str) -> list[str]:
        """Return the command that runs the command *words* on this host, in the project."""
        flags = "--net --uts --ipc --mount --pid"
        return ["nsenter", f"--target={self.pid}", f"--wd={ROOT}", *flags.split(), *words]

    def ip(self, words: str) -> str:
        """Change or show its network, by iproute2; return what that prints."""
        return _call(self.command("ip", *words.split()))

    def processes(self) -> dict[int, str]:
        """Return the command of each of its processes except the first, by the tests' pid."""
        found = {}
        for pid in processes.pids():
            with contextlib.suppress(OSError):  # it has ended
                if os.readlink(f"/proc/{pid}/ns/pid") == self._processes:
                    command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
                    found[pid] = command.decode(errors="replace")
        found.pop(self.pid, None)
        return {pid: command for pid, command in found.items() if command}  # else a zombie

    def shared_memory(self) -> list[str]:
        """Return the names in its /dev/shm."""
        return os.listdir(f"/proc/{self.pid}/root{_SHARED_MEMORY}")

    def end(self) -> None:
        """End it, with all of its processes."""
        self._process.communicate()  # closes its standard input


def _call(command: list[str]) -> str:
    called = subprocess.run(command, capture_output=True, text=True, check=False)
    if called.returncode != 0:
        raise namespaces.Refused(f"{' '.join(command)}: {called.stderr.strip()}")
    return called.stdout


@contextlib.contextmanager
def two_hosts(directory: Path) -> Iterator[list[Host]]:
    """Make two hosts that know each other's name, and end them; *directory* is for a file.

    Raises namespaces.Refused where the system does not allow it to this user, OSError where a
    program is missing.
    """
    names = directory / "hosts"
    names.write_text("".join(f"{at} {name}\n" for name, at in ADDRESSES.items()))
    with contextlib.ExitStack() as stack:
        hosts = []
        for name in ADDRESSES:
            hosts.append(Host(name, names))
            stack.callback(hosts[-1].end)
        one, two = hosts
        cable = f"ip link add eth0 netns {one.pid} type veth peer name eth0 netns {two.pid}"
        _call(cable.split())
        for host in hosts:
            host.ip("link set lo up")
            host.ip(f"address add {ADDRESSES[host.name]}/24 dev eth0")
            host.ip("link set eth0 up")
        until = time.monotonic() + _UP_IN
        # The kernel takes up to a second; before that, nobody would use the network.
        while not all("state UP" in host.ip("link show eth0") for host in hosts):
            if time.monotonic() > until:
                raise namespaces.Refused("the cable between two network namespaces stays down")
            time.sleep(0.01)
        yield hosts


def _serve(name: str, hosts: str) -> None:
    """Run commands for who connects, until standard input is closed."""
    socket.sethostname(name)
    namespaces.mount("tmpfs", _SHARED_MEMORY)
    namespaces.mount("", "/etc/hosts", source=hosts, flags=_BIND)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so nobody is left as a zombie
    with socket.create_server(("", _PORT)) as server:
        print("ready", flush=True)
        while sys.stdin not in select.select([server, sys.stdin], [], [])[0]:
            connection, _ = server.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _execute(connection)
            connection.close()


def _execute(connection: socket.socket) -> None:
    command = connection.makefile().readline()
    for fd in 0, 1, 2:
        os.dup2(connection.fileno(), fd)
    os.execv("/bin/sh", ["sh", "-c", command])  # noqa: S606 - a shell, as sshd(8) does


def _shell(host: str, *words: str) -> None:
    """Run a command on *host*, and print what it prints."""
    with socket.create_connection((host, _PORT)) as connection:
        connection.sendall(" ".join(words).encode() + b"\n")
        with contextlib.suppress(ConnectionError):
            while data := connection.recv(65536):
                os.write(1, data)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        _serve(*sys.argv[2:])
    else:
        _shell(*sys.argv[2:])
