"""What a run of the suite has written with --report-dir, for the tests of the suite itself."""

from pathlib import Path

from report.formats import Bench, Support, read

__all__ = ["outcomes", "support_of"]


def support_of(directory: Path, output: str) -> Support:
    """Return the support file in *directory*; fail with the *output* of the run without one."""
    path = directory / "support.json"
    assert path.exists(), f"no clause was judged:\n{output[-3000:]}"
    support = read(path)
    assert not isinstance(support, Bench)
    return support


def outcomes(support: Support, transport: str) -> dict[str, str]:
    """Return the outcome of each clause that was run on *transport*, which is supported."""
    assert transport in support["transports"], [*support["transports"]]
    found = support["transports"][transport]
    assert found["unsupported"] is None, found["unsupported"]
    return {clause: verdict["outcome"] for clause, verdict in found["clauses"].items()}
