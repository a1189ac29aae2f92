"""The arithmetic that every reference transport distributes.

The odd inverse squares sum to pi squared over eight, so

    pi = sqrt(8 * sum(1 / (2 * k + 1) ** 2 for k >= 0))

(Leonhard Euler, 1735; DLMF 25.6.1 less its even terms).  The first ``n`` terms are cut
into slices, each worker sums one with :func:`partial_sum`, and the caller combines the
sums with :func:`combine`.  Nothing here touches the operating system.

Two kernels give the same sums to the last bits.  ``python`` is always there.  ``numpy``
needs the extra of that name and is about fifty times as fast.  It is chosen by
:func:`use` or, before the import, by the environment variable ``IPC_KERNEL``; never
behind the user's back.  Because the choice rebinds :func:`partial_sum`, write
``import kernel``, not ``from kernel import partial_sum``.
"""

import math
import operator
import os
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat

__all__ = ["KERNELS", "combine", "fixed", "partial_sum", "selected", "slices", "unfixed", "use"]

# Terms a block of the pure kernel. Plain summation drifts like a random walk in the number
# of additions (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., 4.2), so
# blocks are short, run from the smallest term to the largest, and are added by math.fsum.
_BLOCK = 1024

# Terms a chunk of the NumPy kernel. From 8 to 128 Ki the time of a term is the same, 0.9 ns;
# but a worker pays for each page of its two buffers, and at 16 Ki these are 64 in all.
_CHUNK = 16384

# A worker's sum is a double of at least 2**-106 (k < 2**52), so its last bit is worth at
# least 2**-159: in units of 2**-_POINT every sum is a whole number.
_POINT = 192


def _count(name: str, value: object, least: int) -> int:
    """Return *value* as an int, or say what was given and what is allowed."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be an int, not {type(value).__name__} ({value!r})")
    number = operator.index(value)
    if number < least:
        raise ValueError(f"{name} must be at least {least}, not {number}")
    return number


def slices(n: int, workers: int) -> Iterator[tuple[int, int]]:
    """Cut ``range(n)`` into *workers* slices ``(lo, hi)``, in order and without a gap.

    Their sizes differ by at most one, the larger ones first; where *workers* exceeds *n*
    the last ones are empty.

    n: terms of the series, at least 0.
    workers: slices to make, at least 1.

    Raises TypeError if either is not an integer (a bool is not), ValueError if it is too
    small.  The arguments are checked at the call, before the first slice is asked for.
    """
    n = _count("n", n, 0)
    workers = _count("workers", workers, 1)
    size, larger = divmod(n, workers)

    def bound(worker: int) -> int:
        return worker * size + min(worker, larger)

    return ((bound(worker), bound(worker + 1)) for worker in range(workers))


def combine(sums: Iterable[float]) -> float:
    """Return sqrt(8 s), where s is the exactly rounded total of *sums*, in any order."""
    return math.sqrt(8.0 * math.fsum(sums))


def fixed(value: float) -> int:
    """Return a worker's sum as a whole number of 2**-192, without rounding.

    Whole numbers add exactly, so a running total of them does not depend on the order in
    which the workers come.
    """
    return int(math.ldexp(value, _POINT))


def unfixed(total: int) -> float:
    """Return a total of :func:`fixed` sums as the nearest double."""
    return total / (1 << _POINT)


def _python() -> Callable[[int, int], float]:
    def blocks(lo: int, hi: int) -> Iterator[float]:
        for start in range(lo, hi, _BLOCK):
            stop = min(start + _BLOCK, hi)
            total = 0.0
            # Odd doubles are exact below 2**53, and d * d costs less than int arithmetic
            # or a power: 50-60 ns a term against 75-130.
            d = 2.0 * stop - 1.0
            for _ in repeat(None, stop - start):
                total += 1.0 / (d * d)
                d -= 2.0
            yield total

    return lambda lo, hi: math.fsum(blocks(lo, hi))


def _numpy() -> Callable[[int, int], float]:
    # OpenBLAS starts a thread per core when it is loaded, and from 3.12 os.fork() warns in a
    # process with threads. This kernel never calls it, so it gets a limit of one thread.
    before = os.environ.get("OPENBLAS_NUM_THREADS")
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    try:
        import numpy as np  # noqa: PLC0415 - optional, and the threads must be settled first
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "the numpy kernel needs NumPy: python3 bootstrap.py --extra numpy test", name=error.name
        ) from None
    finally:
        if before is None:
            del os.environ["OPENBLAS_NUM_THREADS"]
        else:
            os.environ["OPENBLAS_NUM_THREADS"] = before

    def chunks(lo: int, hi: int) -> Iterator[float]:
        size = min(_CHUNK, hi - lo)
        odd = np.arange(size, dtype=np.float64)
        odd *= 2.0
        odd += 1.0
        room = np.empty(size)
        for start in range(lo, hi, _CHUNK):
            d = room[: hi - start]
            # In place: one buffer that stays in the cache. Never (2*k+1)**2 on integers,
            # which wraps around at k = 2**31.
            np.add(odd[: hi - start], 2.0 * start, out=d)
            np.multiply(d, d, out=d)
            np.divide(1.0, d, out=d)
            yield float(d.sum())

    return lambda lo, hi: math.fsum(chunks(lo, hi))


KERNELS: dict[str, Callable[[], Callable[[int, int], float]]] = {
    "python": _python,
    "numpy": _numpy,
}

selected: str
"""Name of the kernel in use, a key of KERNELS."""

partial_sum: Callable[[int, int], float]
"""``partial_sum(lo, hi)``: the sum of 1 / (2 k + 1)**2 over lo <= k < hi, within 2 ulp.

Memory is constant in hi - lo; an empty slice gives 0.0.  Meant for 0 <= lo <= hi <= 2**52.
"""


def use(name: str) -> None:
    """Select the kernel *name* for this process and the workers that it forks.

    Raises ValueError for an unknown name, ModuleNotFoundError where its package is missing.
    """
    global partial_sum, selected  # noqa: PLW0603 - documented: callers write kernel.partial_sum
    if name not in KERNELS:
        raise ValueError(f"unknown kernel {name!r}: choose one of {', '.join(KERNELS)}")
    partial_sum = KERNELS[name]()
    selected = name


use(os.environ.get("IPC_KERNEL") or "python")
