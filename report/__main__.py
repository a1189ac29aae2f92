"""Merge the files of several runs into one page.

The files are support files, which `pytest --report-dir` writes, and files of
`pytest --benchmark-json`.  A directory stands for all its files that end in .json.  Benchmarks
belong to the support file in the same directory.  Two runs on one platform become one column, in
which the worse outcome of a clause counts.

The exit status is 0.  It is 1 if a file was refused; the page then shows the others.  It is 2 if
nothing was written.
"""

import argparse
import sys
from pathlib import Path

from report import formats, html, page


def _say(text: str) -> None:
    """Print *text* on standard error as one line that the encoding of the terminal allows."""
    line = " ".join(html.plain(text).split())
    encoding = sys.stderr.encoding or "ascii"
    print("report:", line.encode(encoding, "replace").decode(encoding), file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m report", allow_abbrev=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    merge = commands.add_parser(
        "merge",
        help="merge the files of several runs into one page",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    merge.add_argument("files", nargs="+", type=Path, metavar="FILE", help="file or directory")
    merge.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="write DIR/index.html"
    )
    options = parser.parse_args(arguments)
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


if __name__ == "__main__":
    sys.exit(main())
