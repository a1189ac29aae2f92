"""A language server sent the length of its messages in characters: their ends were lost.

Here the text of an exception has such a header.  Where it is not ASCII its end does not arrive,
or half a character.
"""

import struct

from tests.selftest.reported import _srv_words

REPORT = "https://github.com/openlawlibrary/pygls/issues/604"
CAUGHT_BY = ("C8",)


def characters(text, data):
    return len(text)


def octets(text, data):
    return len(data)


def framed(length):
    def encode(text):
        text = text[:400]
        data = text.encode(errors="backslashreplace")
        return struct.pack("<H", length(text, data)) + data

    return encode


def unframed(data):
    return data[2 : 2 + int.from_bytes(data[:2], "little")].decode(errors="replace")


run = _srv_words.install(framed(characters), unframed)
