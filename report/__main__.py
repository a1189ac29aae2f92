"""Make a page, a summary or a badge of files that runs of the suite have written."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from report import formats, html, page
from report.badge import badge
from report.formats import Support
from report.summary import summary

_MERGE = """\
Merge the files of several runs into one page.

The files are support files, which `pytest --report-dir` writes, and files of
`pytest --benchmark-json`.  A directory stands for all its files that end in .json.  Benchmarks
belong to the support file in the same directory.  Two runs on one platform become one column, in
which the worse outcome of a clause counts.

The exit status is 0.  It is 1 if a file was refused; the page then shows the others.  It is 2 if
nothing was written.
"""

_TEXTS: dict[str, tuple[Callable[[Support], str], str]] = {
    "summary": (summary, "print a support file as Markdown, for the summary of a step in CI"),
    "badge": (badge, "print a badge of the level as JSON, in the endpoint format of shields.io"),
}
"""The commands that print a text of one support file: what makes it, and what it is."""


def _say(text: str) -> None:
    """Print *text* on standard error as one line that the encoding of the terminal allows."""
    line = " ".join(html.plain(text).split())
    encoding = sys.stderr.encoding or "ascii"
    print("report:", line.encode(encoding, "replace").decode(encoding), file=sys.stderr)


def _merge(options: argparse.Namespace) -> int:
    """Write the page of all files; return the exit status."""
    places, refused = formats.gather(options.files)
    for line in refused:
        _say(line)
    if not places:
        _say("there is nothing to make a page of")
        return 2
    target: Path = options.output / "index.html"
    try:
        options.output.mkdir(parents=True, exist_ok=True)
        target.write_text(page.render(places), "utf-8")
    except OSError as error:
        _say(f"{target} cannot be written: {error.strerror}")
        return 2
    return 1 if refused else 0


def _print(options: argparse.Namespace) -> int:
    """Print the text of a support file; return the exit status."""
    make, _ = _TEXTS[options.command]
    try:
        content = formats.read_support(options.file)
    except formats.Refused as error:
        _say(f"{options.file} {error}")
        return 2
    sys.stdout.buffer.write(make(content).encode())  # whatever the encoding of the locale is
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m report", description=__doc__, allow_abbrev=False
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    merge = commands.add_parser(
        "merge",
        help="merge the files of several runs into one page",
        description=_MERGE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    merge.set_defaults(do=_merge)
    merge.add_argument("files", nargs="+", type=Path, metavar="FILE", help="file or directory")
    merge.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="write DIR/index.html"
    )
    for name, (_, what) in _TEXTS.items():
        command = commands.add_parser(
            name,
            help=what,
            description=f"{what[0].upper()}{what[1:]}. The exit status is 2 if FILE is refused.",
            allow_abbrev=False,
        )
        command.set_defaults(do=_print)
        command.add_argument("file", type=Path, metavar="FILE", help="a support file")
    options = parser.parse_args(arguments)
    status: int = options.do(options)
    return status


if __name__ == "__main__":
    sys.exit(main())
