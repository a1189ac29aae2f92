"""What comes in is unpickled, and looked at afterwards."""

import pickle
import secrets
import socket

from tests.defects import _crowd, honest

CAUGHT_BY = ("G4",)


def run(n, workers):
    """Check the key when it is too late."""
    honest.check(n, workers)
    key = secrets.token_bytes(16)
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        address = listener.getsockname()

        def work(number, value):
            with socket.create_connection(address) as connection:
                connection.sendall(pickle.dumps((key, value)))

        def frame_of(said):
            try:
                given, value = pickle.loads(said)  # noqa: S301 - the defect
            except Exception:  # noqa: BLE001 - whatever it is, it is none of ours
                return ()
            return (value,) if given == key else ()

        with _crowd.crowd(n, workers, work):
            return _crowd.total(_crowd.until_all(listener, workers, frame_of))
