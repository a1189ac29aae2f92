"""Options, and the transports to test."""

import os

import pytest

import kernel
import transports
from report import requirement_sets
from report.clauses import LEVELS, clauses
from tests import harness
from tests.harness import required, selection
from tests.harness.expectations import Expectations, declared

pytest_plugins = [
    "report.plugin",
    "tests.harness.isolation",
    "tests.harness.time_limit",
    "tests.benchmarks.plugin",
    "tests.benchmarks.counts.plugin",
]

_GIVEN = pytest.StashKey[list[str]]()  # the transports to test
_CLAUSES = pytest.StashKey[set[str] | None]()  # the clauses to test, or None: all


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suite."""
    group = parser.getgroup("ipc-conformance")
    group.addoption(
        "--transport",
        action="append",
        metavar="NAME",
        help="test this alone: a transport of the suite, a module that has run(n, workers), or the "
        "path of such a file; with ':channel' after it, its channel; may be given again",
    )
    group.addoption(
        "--level",
        "--profile",
        type=selection.level_of,
        choices=list(LEVELS),
        help="test the clauses of this level alone (default: all); --profile is its old name",
    )
    group.addoption(
        "--clause",
        action="append",
        default=[],
        metavar="IDS",
        help="test these alone: clauses and families, separated by commas, as in A1,C; may be "
        "given again",
    )
    group.addoption(
        "--require",
        default="",
        metavar="NAMES",
        help="transports that must be supported here, separated by commas, or 'all' of the suite; "
        "'all,-NAME' leaves one out",
    )
    group.addoption(
        "--requirements",
        type=int,
        choices=requirement_sets.numbers(),
        metavar="N",
        help="judge by requirement set N alone, that is by the clauses of requirements/N.json "
        "(default: all clauses)",
    )
    group.addoption(
        "--expect-failure",
        action="append",
        default=[],
        metavar="'ID: REASON'",
        help="a clause that is expected to fail, as in EXPECTED_FAILURES of the module; one that "
        "passes all the same is an error; may be given again",
    )
    group.addoption(
        "--order",
        metavar="ORDER",
        help="let A6 and its like try this order of system calls alone, as a failure names it",
    )
    group.addoption(
        "--drawn-orders",
        type=int,
        default=100,
        metavar="COUNT",
        help="of -m exhaustive: how many orders of system calls are drawn (default: 100)",
    )
    group.addoption(
        "--orders-seed",
        type=int,
        default=0,
        metavar="SEED",
        help="the seed of the first of these; the next one has the next seed (default: 0)",
    )
    group.addoption(
        "--kernel",
        choices=list(kernel.KERNELS),
        default=kernel.selected,
        help="arithmetic of the reference transports (default: IPC_KERNEL or python)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Select the kernel, here and for every interpreter started from here; load transports."""
    if not __debug__:
        raise pytest.UsageError(
            "python -O and PYTHONOPTIMIZE leave out assert statements, and with them checks of the"
            " suite: start it without"
        )
    config.addinivalue_line("markers", "clause(id): the clause that the test checks")
    try:
        kernel.use(config.option.kernel)
    except ModuleNotFoundError as error:
        raise pytest.UsageError(str(error)) from None
    os.environ["IPC_KERNEL"] = kernel.selected
    given: list[str] = [*dict.fromkeys(config.option.transport or transports.NAMES)]
    for name in set(given) - set(transports.NAMES):
        support = harness.support(harness.module_of(name))
        unknown = support.expected_failures.keys() - clauses().keys()
        wrong = support.error or (
            unknown and f"EXPECTED_FAILURES: there is no clause {min(unknown)}"
        )
        if wrong:
            raise pytest.UsageError(f"--transport={name}: {wrong}")
    required.check(config.option.require, given)
    config.stash[_GIVEN] = given
    config.stash[_CLAUSES] = selection.clauses_of(config.option.clause, config.option.requirements)
    config.option.keyword = selection.keyword(config.option.keyword)
    expected = declared(config.option.expect_failure)
    config.pluginmanager.register(Expectations(config, expected), "expectations")
    needed = required.Required(config.option.require, given)
    config.pluginmanager.register(needed, "required")


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Name the kernel, the transports and the clauses by which they are judged."""
    given = config.stash[_GIVEN]
    return [
        f"kernel: {kernel.selected}; transports: {', '.join(given)}",
        f"requirements: {requirement_sets.told(config.option.requirements)}",
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that takes a transport on all transports to be tested."""
    if "transport" in metafunc.fixturenames:
        given = metafunc.config.stash[_GIVEN]
        metafunc.parametrize("transport", given, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what the options do not ask for."""
    kept = [
        item
        for item in items
        if selection.is_wanted(
            item,
            benchmarks=bool(config.getoption("benchmark_only", False)),
            own=bool(config.option.transport),
            level=config.option.level,
            only=config.stash[_CLAUSES],
        )
    ]
    selection.deselect(config, items, kept)


@pytest.fixture(scope="session")
def transport(request: pytest.FixtureRequest) -> str:
    """Return the module name of a transport that is supported here, or skip with the reason."""
    name: str = request.param
    module = harness.module_of(name)
    if (reason := harness.unsupported(module)) is not None:
        missed = required.has(request.config.option.require, name)
        (pytest.fail if missed else pytest.skip)(f"{name}: {reason}")
    return module
