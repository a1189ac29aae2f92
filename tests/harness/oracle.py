"""What `run(n, workers)` has to return, found without the code under test."""

import math
from decimal import Decimal, getcontext
from functools import lru_cache

getcontext().prec = 40

PI = Decimal("3.141592653589793238462643383279502884197")  # OEIS A000796


@lru_cache(maxsize=4096)
def pi_n(n: int) -> Decimal:
    """Return sqrt(8 * sum of 1/(2k+1)**2 for k < n), to some thirty digits.

    The whole series sums to pi**2 / 8; its tail from n on is a quarter of the trigamma
    function at n + 1/2, whose asymptotic series is DLMF 5.15.8 with the Bernoulli
    polynomials at 1/2 (DLMF 24.4.27).  From n = 100 on, five terms leave out less than 1e-24.
    """
    if n < 100:
        return (8 * sum((1 / Decimal(2 * k + 1) ** 2 for k in range(n)), Decimal(0))).sqrt()
    z = Decimal(n)
    trigamma = 1 / z - 1 / (12 * z**3) + 7 / (240 * z**5)
    trigamma += -31 / (1344 * z**7) + 127 / (3840 * z**9)
    return (PI * PI - 2 * trigamma).sqrt()


def ulps(value: float, n: int) -> float:
    """Return how far *value* is from pi_n, in units in the last place of the latter."""
    if not isinstance(value, float) or not math.isfinite(value):
        return math.inf
    exact = pi_n(n)
    return float(abs(Decimal(value) - exact) / Decimal(math.ulp(float(exact))))


def tolerance(n: int, workers: int) -> float:
    """Return how many ulps a correct result may be off.

    A module may add its terms one by one, and then the sums of its workers.  The rounding errors
    of k additions grow like the square root of k (Higham, Accuracy and Stability of Numerical
    Algorithms, 2nd ed., section 4.2).  Four ulps are for all other rounding.
    """
    return 4 + math.sqrt(n / workers) + math.sqrt(workers)
