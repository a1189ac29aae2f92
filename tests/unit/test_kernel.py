"""The arithmetic of the reference transports."""

import math
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import kernel
from tests import harness
from tests.harness.oracle import PI, pi_n, ulps

TERMS = st.integers(0, 10**15)
WORKERS = st.integers(1, 500)


@pytest.fixture(params=list(kernel.KERNELS))
def selected(request: pytest.FixtureRequest) -> Iterator[str]:
    """Select each kernel in turn."""
    before = kernel.selected
    try:
        kernel.use(request.param)
    except ModuleNotFoundError as error:
        pytest.skip(str(error))
    yield request.param
    kernel.use(before)


@given(TERMS, WORKERS)
@example(0, 1)
@example(3, 257)
def test_slices_cover_the_range_and_differ_by_at_most_one(n: int, workers: int) -> None:
    """There is no gap and no overlap, and one slice for each worker."""
    cut = list(kernel.slices(n, workers))
    assert len(cut) == workers
    assert [lo for lo, _ in cut] + [n] == [0] + [hi for _, hi in cut]
    sizes = [hi - lo for lo, hi in cut]
    assert max(sizes) - min(sizes) <= 1
    assert sizes == sorted(sizes, reverse=True)


def test_slices_are_made_one_by_one() -> None:
    """So an absurd number of workers takes no memory before the first fork."""
    assert next(iter(kernel.slices(10**18, 10**15))) == (0, 1000)


@pytest.mark.parametrize(("n", "workers"), [(-1, 1), (1, 0), (1, -1)])
def test_slices_refuse_numbers_out_of_range(n: int, workers: int) -> None:
    """At the call, and not only when the first slice is needed."""
    with pytest.raises(ValueError, match="must be at least"):
        kernel.slices(n, workers)


@pytest.mark.parametrize("value", [True, 2.0, "2", None])
def test_slices_refuse_what_is_no_int(value: object) -> None:
    """A bool is not an int here."""
    with pytest.raises(TypeError, match="must be an int"):
        kernel.slices(value, 1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="must be an int"):
        kernel.slices(1, value)  # type: ignore[arg-type]


@pytest.mark.usefixtures("selected")
@pytest.mark.parametrize("n", [0, 1, 2, 100, 1023, 1024, 1025, 16383, 16384, 16385, 200_000])
def test_a_partial_sum_is_within_two_ulp(n: int) -> None:
    """Compared with pi_n for the whole range, and with fractions from an offset on."""
    whole = kernel.partial_sum(0, n)
    assert ulps(kernel.combine([whole]), n) <= 2
    if n:
        offset = 10**9
        some = list(range(offset, offset + min(n, 100)))
        exact = sum((Fraction(1, (2 * k + 1) ** 2) for k in some), Fraction(0))
        off = abs(Fraction(kernel.partial_sum(some[0], some[-1] + 1)) - exact)
        assert off <= 2 * Fraction(math.ulp(float(exact)))


@pytest.mark.usefixtures("selected")
def test_ten_million_terms_are_within_two_ulp() -> None:
    """The n of the original article, in ten slices."""
    n = 10_000_000
    assert ulps(kernel.combine(kernel.partial_sum(*s) for s in kernel.slices(n, 10)), n) <= 2


@pytest.mark.usefixtures("selected")
def test_terms_beyond_two_to_the_32_do_not_wrap_around() -> None:
    """(2k+1)**2 overflows 64 bits from k = 2**31 on."""
    k = 2**40
    assert kernel.partial_sum(k, k + 1) == pytest.approx(1 / (2 * k + 1) ** 2, rel=1e-15)


@given(st.lists(st.floats(2.0**-106, 1.3), max_size=50), st.randoms())
@settings(deadline=None)
def test_fixed_sums_add_exactly_in_any_order(sums: list[float], order: random.Random) -> None:
    """And they give the same bits as math.fsum."""
    shuffled = sums[:]
    order.shuffle(shuffled)
    assert kernel.unfixed(sum(map(kernel.fixed, shuffled))) == math.fsum(sums)


def test_the_oracle_knows_pi() -> None:
    """Its two branches agree, and it does not use the code under test."""
    assert float(PI) == math.pi
    terms = (1 / Decimal(2 * k + 1) ** 2 for k in range(100))
    below = (8 * sum(terms, Decimal(0))).sqrt()
    assert abs(pi_n(100) - below) < 1e-20
    assert float(pi_n(10**20)) == math.pi


def test_an_unknown_kernel_is_refused() -> None:
    """The error has the names of the kernels."""
    with pytest.raises(ValueError, match="python, numpy"):
        kernel.use("fortran")


def test_the_environment_selects_the_kernel_and_says_what_is_missing() -> None:
    """By IPC_KERNEL, as in the interpreters of the suite."""
    blocked = "import sys; sys.modules['numpy'] = None; import kernel"
    result = subprocess.run(
        [sys.executable, "-c", blocked],
        env=os.environ | {"IPC_KERNEL": "numpy", "PYTHONPATH": str(harness.ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode
    assert "python3 bootstrap.py --extra numpy test" in result.stderr
