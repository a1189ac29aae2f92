"""The page: one HTML file without scripts that loads nothing."""

from report.page.document import LIMIT, render

__all__ = ["LIMIT", "render"]
