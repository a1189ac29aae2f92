"""A slot of shared memory for each worker: its sum, and after that a byte which says so."""

import struct

SIZE = 9


def put(memory, number, value):
    struct.pack_into("<d", memory, SIZE * number, value)
    memory[SIZE * number + 8] = 1


def there(memory, workers):
    """Give {number: sum}; the byte is looked at first."""
    return {
        number: struct.unpack_from("<d", memory, SIZE * number)[0]
        for number in range(workers)
        if memory[SIZE * number + 8]
    }
