"""Authenticated packets: no other process can add, change, repeat or drop one unseen."""

import errno
import hashlib
import itertools
import os
import struct
import sys
from collections.abc import Callable

from transports._channel.protocol import END, Given

_SIZE = struct.Struct("=Q")

Digest = Callable[[Given], int]

NOTICE = 1  # in the place of a tag, and no tag: each of these has its highest bit set
FOREIGN = 256  # packets of other processes that a channel tolerates, as a rule


class Authenticator:
    """Signs packets and checks their signatures.

    A tag is the exclusive or of a hash of the payload and a pad.  A pad is a random number that
    both sides draw from a key, another one for each packet (Wegman and Carter, 1981).  So a tag
    says whose packet it is, which one, and that it has not been changed.

    workers: how many.  The lowest bits of a pad are the worker's number; the hash does not change
        them.
    bits: for the worker and the hash.  One more bit above them is always 1, for a mechanism may
        refuse a tag of 0.
    trusted: whether nobody else can reach the packets.  Then the hash is their size.

    The hash is SipHash, which was made for short messages that somebody who lacks the key must
    not be able to sign (Aumasson and Bernstein, 2012).  CPython has it under hash() (PEP 456),
    with a key of its own for each process that fork(2) hands on.  Where that key is known or
    the algorithm another, it is BLAKE2.
    """

    _BATCH = struct.Struct("=256Q")  # pads that are drawn at once

    def __init__(self, workers: int, *, bits: int = 63, trusted: bool = False) -> None:
        key = os.urandom(32)

        def blake2(data: Given) -> int:
            digest = hashlib.blake2b(data, digest_size=8, key=key).digest()
            return int.from_bytes(digest, "little")

        siphash = sys.hash_info.algorithm.startswith("siphash") and sys.hash_info.width == 64
        keyed = hash if siphash and sys.flags.hash_randomization else blake2
        self.digest: Digest = len if trusted else keyed
        self._prf = blake2
        self._key = key
        self.low = (1 << (workers - 1).bit_length()) - 1
        """The bits of a tag that are the worker."""
        self.mask = (1 << bits) - 1 - self.low
        """The bits of a tag that are the hash's."""
        self._ones = sum(1 << at for at in range(0, 8 * self._BATCH.size, 64))
        self._masks, self._tops = self.mask * self._ones, self._ones << bits

    def batch(self, worker: int, number: int) -> tuple[int, ...]:
        """Return the pads of 256 packets of *worker*, after *number* such batches."""
        seed = self._key + struct.pack("=QQ", worker, number)
        size = self._BATCH.size
        pads = int.from_bytes(hashlib.shake_128(seed).digest(size), sys.byteorder)
        # All 256 in one operation: a loop would cost time for each packet.
        pads = pads & self._masks | self._tops + worker * self._ones
        return self._BATCH.unpack(pads.to_bytes(size, sys.byteorder))

    def control(self, pad: int) -> int:
        """Return the pad for a packet in the same place that is no message, nor part of one."""
        return self._prf(_SIZE.pack(pad)) & self.mask | pad & ~self.mask


class Flow:
    """The packets of one worker in one direction, as their sender and their receiver see it.

    A message that does not fit into a packet is announced by its size.
    """

    def __init__(self, authenticator: Authenticator, worker: int) -> None:
        self.worker = worker
        self._authenticator = authenticator
        self.pads = itertools.chain.from_iterable(map(self._draw, itertools.count()))
        self.due = next(self.pads)
        """The pad of the next packet."""
        self.left = 0
        """Bytes that are to come of the message under way."""
        self.ended = False
        self._parts: list[bytes] = []

    def _draw(self, number: int) -> tuple[int, ...]:
        self._batch, self._number = self._authenticator.batch(self.worker, number), number
        return self._batch

    def announce(self, size: int) -> tuple[bytes, int]:
        """Return the packet that tells the size of what follows, or END, and its tag."""
        data, authenticator = _SIZE.pack(size), self._authenticator
        tag = authenticator.control(self.due) ^ authenticator.digest(data) & authenticator.mask
        return data, tag

    def add(self, data: bytes) -> bytes | None:
        """Return the message that is whole with this packet, or None."""
        self._parts.append(data)
        self.left -= len(data)
        if self.left > 0:
            return None
        parts, self._parts = self._parts, []
        return b"".join(parts)

    def accept_control(self, data: bytes, tag: int) -> bool:
        """Return whether it is what :meth:`announce` returned, and take note of it.

        Raises OSError if it is a later packet than the one that is due.
        """
        authenticator = self._authenticator
        pad = authenticator.digest(data) & authenticator.mask ^ tag
        if pad == authenticator.control(self.due):
            self.due = next(self.pads)
            (size,) = _SIZE.unpack(data)
            self.ended = size == END
            self.left = 0 if self.ended else size
            return True
        later = self._batch[self._batch.index(self.due) + 1 :]
        if pad in later or pad in authenticator.batch(self.worker, self._number + 1):
            raise OSError(f"another process has taken messages of worker {self.worker}")
        return False


class ForeignPackets:
    """Counts packets that nobody of the run has sent, of which there may be *most*.

    By chance one of them has the tag that is due, and who can try without end has it one day.
    """

    def __init__(self, most: int) -> None:
        self._left = most

    def count(self) -> None:
        """Raise OSError if this is one too many."""
        self._left -= 1
        if self._left < 0:
            raise OSError(errno.EBUSY, "another process sends to this channel")
