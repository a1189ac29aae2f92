"""The section Platforms: where the runs were, and with what."""

from collections.abc import Sequence

from report.formats import suite_name
from report.html import Markup, h
from report.page.columns import Column
from report.page.parts import group_head, scroll

__all__ = ["platforms"]


def _yes(value: bool | None) -> str:
    return "unknown" if value is None else "yes" if value else "no"


def _size(value: int | None) -> str:
    if value is None:
        return "–"
    return "unlimited" if value == -1 else f"{value:,}".replace(",", "\u202f")


def platforms(columns: Sequence[Column]) -> Markup:
    """Make a table with a row for each fact, a column for each platform."""
    facts: dict[str, list[str]] = {}

    def add(name: str, values: list[str]) -> None:
        facts[name] = values

    platforms = [column.platform for column in columns]
    add("system", [p["name"] for p in platforms])
    add("kernel", [f"{p['system']} {p['release']}" for p in platforms])
    add("machine", [p["machine"] for p in platforms])
    add("CPUs", [str(p["cpus"] or "unknown") for p in platforms])
    add("virtual machine", [_yes(p["virtual"]) for p in platforms])
    add("container", [p["container"] or "none that shows" for p in platforms])
    add("C library", [p["libc"] or "unknown" for p in platforms])
    add("Python", [p["python"] for p in platforms])
    add("user", ["root" if p["root"] else "ordinary" for p in platforms])
    suites = [column.support["suite"] for column in columns]
    add("suite", [suite_name(suite) for suite in suites])
    chosen = [s.get("requirements") for s in suites]
    add("requirements", ["all clauses" if n is None else f"set {n}" for n in chosen])
    add("arithmetic", [s.get("arithmetic") or "unknown" for s in suites])
    add(
        "date",
        [column.support["date"].replace("T", " ").replace("Z", " UTC") for column in columns],
    )
    took = [column.support.get("seconds") for column in columns]
    add("the run took", [f"{s:,.0f} s" if s is not None else "unknown" for s in took])
    groups: list[tuple[str, dict[str, list[str]]]] = [("Where and what", facts)]
    limits = dict.fromkeys(key for column in columns for key in column.support["limits"])
    groups.append(
        ("Limits", {k: [_size(c.support["limits"].get(k)) for c in columns] for k in limits})
    )
    names = dict.fromkeys(key for column in columns for key in column.support["libraries"])
    groups.append(
        ("Packages", {k: [c.support["libraries"].get(k, "–") for c in columns] for k in names})
    )
    bodies = [
        h(
            "tbody",
            h(
                "tr",
                group_head(title, 1 + len(columns)),
            ),
            [
                h("tr", h("th", key, scope="row"), [h("td", v) for v in values])
                for key, values in rows.items()
            ],
        )
        for title, rows in groups
        if rows
    ]
    head = [h("th", c.label, scope="col", id=c.key) for c in columns]
    table = h(
        "table", h("thead", h("tr", h("th", "platform", scope="col"), head)), bodies, class_="facts"
    )
    return scroll("The platforms", table)
