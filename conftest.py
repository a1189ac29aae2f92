"""Options, the transports to test, and the summary by transport and clause."""

import os
from collections import defaultdict
from collections.abc import Generator

import pytest

import kernel
import transports
from tests import lab

_verdicts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
_reasons: dict[str, str | None] = {}
_skips: dict[str, set[str]] = defaultdict(set)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suite."""
    group = parser.getgroup("ipc-conformance")
    group.addoption(
        "--require",
        default="",
        metavar="NAMES",
        help="transports that must be supported here, separated by commas, or 'all'",
    )
    group.addoption(
        "--transport",
        action="append",
        metavar="NAME",
        help="test this transport alone: one of the nine, or a module that has run(n, workers); "
        "may be given again",
    )
    group.addoption(
        "--kernel",
        choices=list(kernel.KERNELS),
        default=kernel.selected,
        help="arithmetic of the reference transports (default: IPC_KERNEL or python)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Select the kernel, here and for every interpreter that is started from here."""
    config.addinivalue_line("markers", "clause(id): the clause that the test holds")
    try:
        kernel.use(config.option.kernel)
    except ModuleNotFoundError as error:
        raise pytest.UsageError(str(error)) from None
    os.environ["IPC_KERNEL"] = kernel.selected
    unknown = set(filter(None, config.option.require.split(","))) - {"all", *transports.NAMES}
    if unknown:
        names = ", ".join(transports.NAMES)
        raise pytest.UsageError(f"--require: no transport {sorted(unknown)}; there are {names}")
    if hasattr(config.option, "benchmark_sort"):
        config.option.benchmark_sort = "median"  # its own option does not offer it


def pytest_report_header(config: pytest.Config) -> str:
    """Name the kernel."""
    return f"kernel: {kernel.selected}; transports: {', '.join(transports.NAMES)}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that takes a transport on all of them."""
    if "transport" in metafunc.fixturenames:
        names = metafunc.config.option.transport or transports.NAMES
        metafunc.parametrize("transport", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def transport(request: pytest.FixtureRequest) -> str:
    """Return the module name of a transport that is supported here, or skip with the reason."""
    name: str = request.param
    module = lab.module_of(name)
    if name not in _reasons:
        _reasons[name] = lab.unsupported(module)
    if (reason := _reasons[name]) is not None:
        required = request.config.option.require.split(",")
        (pytest.fail if {name, "all"} & set(required) else pytest.skip)(f"{name}: {reason}")
    return module


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note what became of each clause."""
    report = yield
    marker, callspec = item.get_closest_marker("clause"), getattr(item, "callspec", None)
    name = callspec and callspec.params.get("transport")
    if item.config.getoption("benchmark_only", False):
        return report  # which skips every clause
    if marker and name and (report.when == "call" or report.outcome != "passed"):
        _verdicts[name][marker.args[0]].append(report.outcome)
        if report.skipped and _reasons.get(name) is None and isinstance(report.longrepr, tuple):
            _skips[f"{marker.args[0]} {report.longrepr[2]}"].add(name)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the support matrix."""
    lab.print_matrix(terminalreporter, _verdicts, _reasons, _skips)
