"""A listener, to which workers connect: the frames are signed, and others sent away."""

import contextlib
import os
import select
import socket
import struct

from tests.selftest.defects import _base, _fifo

QUARTER = struct.pack("@ll", 0, 250_000)  # of a second, as a struct timeval
SO_LINGER_RESET = struct.pack("@ii", 1, 0)


def serve(
    listener,
    n,
    workers,
    work,
    *,
    of_ours=lambda peer, address: True,
    unpack,
    size,
    one_by_one=False,
):
    """Take a frame of size from each connection that is of_ours; return all sums."""
    poller = select.poll()
    peers = {}
    listener.setblocking(False)

    def take(fd):
        if fd == listener.fileno():
            return admit()
        # At a worker's end, what it has said may wait to be let in.
        sums = admit() if fd is None and not one_by_one else {}
        for fileno in [fd] if fd is not None else list(peers):
            sums |= read(fileno)
        return sums

    def admit():
        sums = {}
        for _ in range(64):
            try:
                peer, address = listener.accept()
            except BlockingIOError:
                break
            except ConnectionError:
                continue
            if of_ours(peer, address):
                peer.setblocking(one_by_one)
                peers[peer.fileno()] = peer, bytearray()
                poller.register(peer, select.POLLIN)
                while one_by_one and not sums and peer.fileno() in peers:
                    sums.update(read(peer.fileno()))
                if one_by_one:
                    return sums
            else:
                peer.close()
        return sums

    def read(fileno):
        if fileno not in peers:  # it was read at the end of its worker
            return {}
        peer, stream = peers[fileno]
        data = b""
        try:
            data = peer.recv(4096)
        except BlockingIOError:
            return {}
        except ConnectionError:
            pass
        stream.extend(data)
        if data and len(stream) < size:
            return {}
        poller.unregister(fileno)
        del peers[fileno]
        sums = unpack(bytes(stream))
        # The worker waits for a word: somebody else's child may keep the connection open.
        with contextlib.suppress(OSError):
            peer.send(b".")
        peer.close()
        return sums

    try:
        return _base.gather(n, workers, work, take, listener.fileno(), poller=poller)
    finally:
        for peer, _ in peers.values():
            peer.close()


def say(connection, frame):
    """Send frame, and wait until it has been read."""
    connection.sendall(frame)
    with contextlib.suppress(ConnectionError):
        connection.recv(1)


def tcp(n, workers, *, host="127.0.0.1", port=0, pack=None, unpack=None, size=None, trust=False):
    """Run through a port of the loopback interface; workers come from ports of ours."""
    seal = _base.Seal()
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(socket.SOMAXCONN)
        address = "127.0.0.1", listener.getsockname()[1]
        bound = []
        for _ in range(workers):
            connection = stack.enter_context(socket.socket())
            connection.setblocking(True)  # whatever timeout the program gives to each
            connection.bind(("127.0.0.1", 0))
            bound.append(connection)
        ours = {connection.getsockname() for connection in bound}

        def work(number, value):
            connection = bound[number]
            connection.connect(address)
            say(connection, (pack or seal.pack)(number, value))
            connection.close()

        def of_ours(peer, address):
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, SO_LINGER_RESET)
            return trust or address in ours

        return _base.total(
            serve(
                listener,
                n,
                workers,
                work,
                of_ours=of_ours,
                unpack=unpack or seal.unpack,
                size=size or seal.size,
            )
        )


def unix(
    path,
    n,
    workers,
    *,
    mode=0o600,
    pack=None,
    unpack=None,
    size=None,
    trust=False,
    one_by_one=False,
):
    """Run through a Unix socket at path, which somebody else removes."""
    seal = _base.Seal()
    children = {os.getpid()}
    with socket.socket(socket.AF_UNIX) as listener:
        if mode is not None:
            os.fchmod(listener.fileno(), mode)  # as it will be from the first moment
        listener.bind(path)
        if mode is not None:
            os.chmod(path, mode)
        listener.listen(socket.SOMAXCONN)
        made = None if path[0] == "\0" else os.stat(path)

        def work(number, value):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.setblocking(True)  # whatever timeout the program gives to each
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, QUARTER)
                while True:  # as long as the backlog is full, and the socket ours
                    if made is not None and not os.path.samestat(os.stat(path), made):
                        raise OSError(f"{path} is another socket by now")
                    try:
                        connection.connect(path)
                        break
                    except BlockingIOError:
                        continue
                say(connection, (pack or seal.pack)(number, value))

        def of_ours(peer, address):
            if trust:
                return True
            pid = struct.unpack("iII", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[
                0
            ]
            return parent_of(pid) in children

        return _base.total(
            serve(
                listener,
                n,
                workers,
                work,
                of_ours=of_ours,
                unpack=unpack or seal.unpack,
                size=size or seal.size,
                one_by_one=one_by_one,
            )
        )


def parent_of(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):  # it is gone; but EMFILE is an error
        return 0


def private_directory():
    return _fifo.private_directory(room=70)
