"""The columns of the page's tables: platforms on which clauses were tested."""

from collections.abc import Sequence

from report.formats import Place, Support

__all__ = ["Column", "columns_of"]


class Column:
    """A platform on which clauses were tested.

    key: its anchor, in the table of platforms.
    name: what it is called where its facts stand beside it.
    label: what it is called elsewhere.
    """

    def __init__(self, place: Place, support: Support, key: str) -> None:
        self.place, self.support, self.key = place, support, key
        self.platform = support["platform"]
        name = self.platform["name"].partition(" (")[0]
        self.name = name.replace("GNU/Linux ", "")
        self.label = self.name

    def facts(self) -> list[str]:
        """Return in two short lines what distinguishes this platform from others."""
        platform = self.platform
        kernel = " ".join([platform["system"], *platform["release"].split("-")[:1]])
        user = "root" if platform["root"] else "user"
        parts = [platform["python"].replace("CPython", "Python"), user]
        if platform["container"]:
            parts.append("container")
        return [", ".join(filter(None, [kernel, platform["libc"]])), ", ".join(parts)]


def columns_of(places: Sequence[Place]) -> list[Column]:
    """Return a column for each of *places* that has a support file, sorted by platform."""
    judged = [(place, place.support) for place in places if place.support]
    judged.sort(key=lambda pair: (pair[1]["platform"]["name"], pair[1]["platform"]["python"]))
    columns = [Column(place, support, f"p{i}") for i, (place, support) in enumerate(judged)]
    for column in columns:
        if sum(column.name == other.name for other in columns) > 1:
            column.label = f"{column.name}, {column.facts()[1]}"
    return columns
