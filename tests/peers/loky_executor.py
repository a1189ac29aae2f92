"""loky.ProcessPoolExecutor, which joblib uses: an executor meant to survive its workers."""

import math


def unsupported():
    try:
        import loky  # noqa: F401
    except ModuleNotFoundError:
        return "loky is not installed: python3 bootstrap.py --extra loky test"
    return None


def partial_sum(lo, hi):
    return math.fsum(1.0 / (2 * k + 1) ** 2 for k in range(lo, hi))


def run(n, workers):
    from loky import ProcessPoolExecutor

    starts = [i * n // workers for i in range(workers)]
    with ProcessPoolExecutor(workers) as executor:
        return math.sqrt(8 * math.fsum(executor.map(partial_sum, starts, [*starts[1:], n])))
