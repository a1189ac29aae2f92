"""Signed frames: one sum in a fixed number of bytes, for a channel that others can reach."""

import hashlib
import hmac
import os
import struct


class SignedFrames:
    """Frames that are marked, numbered and signed.

    A frame is 36 bytes: 8 of a mark, by which a reader finds it amid garbage; the worker,
    unsigned 32 bits; its sum, an IEEE 754 double; a 128-bit keyed BLAKE2 digest of these.
    Mark and key are drawn for each run and reach the workers through fork alone.  A frame
    that was replayed says again what is known, any other that was made up is refused.

    secret: that of other signed frames, for a worker that is not forked: its frames are the same.
    """

    _BODY = struct.Struct("<8sId")
    _DIGEST = 16
    size = _BODY.size + _DIGEST

    def __init__(self, secret: bytes | None = None) -> None:
        self.secret = secret or os.urandom(40)
        self._mark, self._key = self.secret[:8], self.secret[8:]

    def _sign(self, body: bytes) -> bytes:
        return hashlib.blake2b(body, digest_size=self._DIGEST, key=self._key).digest()

    def pack(self, worker: int, value: float) -> bytes:
        """Return the frame that carries *value* from *worker*."""
        body = self._BODY.pack(self._mark, worker, value)
        return body + self._sign(body)

    def unpack(self, frame: bytes) -> dict[int, float]:
        """Return {worker: value}, or {} if no worker of this run made *frame*."""
        body = frame[: self._BODY.size]
        if len(frame) != self.size or not hmac.compare_digest(
            self._sign(body), frame[self._BODY.size :]
        ):
            return {}
        _, worker, value = self._BODY.unpack(body)
        return {worker: value}

    def scan(self, stream: bytearray) -> dict[int, float]:
        """Take every whole frame out of *stream*, and what is certainly none."""
        found: dict[int, float] = {}
        while (start := stream.find(self._mark)) >= 0 and len(stream) - start >= self.size:
            sums = self.unpack(bytes(stream[start : start + self.size]))
            found |= sums
            del stream[: start + (self.size if sums else 1)]
        # What is left can only be the start of a frame, or of a mark.
        del stream[: max(0, start if start >= 0 else len(stream) - len(self._mark) + 1)]
        return found
