"""Parts that several tables of the page share."""

from collections.abc import Sequence

from report.html import Child, Markup, h

__all__ = ["anchor", "cut", "group_head", "ids", "linked", "scroll"]

_LONGEST = 400  # characters of a reason on the page; the file has all of it


def cut(text: str) -> str:
    """Return *text*, or its beginning if it is long."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def anchor(i: int) -> str:
    """Return the id of the clauses of the transport number *i*."""
    return f"t{i}"


def linked(clause: str) -> Markup:
    """Return the id *clause* as a link to what it says; only for a clause that is told there."""
    return h("a", clause, href=f"#{clause}")


def ids(clauses: Sequence[str], most: int, link: bool = True) -> list[Child]:
    """Return the ids *clauses* in a line, *most* of them and how many more there are.

    link: whether each is a link to what it says.
    """
    found: list[Child] = []
    for clause in clauses[:most]:
        found += [", " if found else "", linked(clause) if link else clause]
    if len(clauses) > most:
        found.append(f" and {len(clauses) - most} more")
    return found


def group_head(title: str, columns: int) -> Markup:
    """Return the head above a group of rows in a table with *columns*."""
    return h("th", h("span", title), scope="rowgroup", colspan=columns, class_="family")


def scroll(label: str, table: Markup) -> Markup:
    """Return *table* in a box that scrolls separately, by mouse or keyboard."""
    return h("div", table, class_="scroll", tabindex=0, role="group", aria_label=label)
