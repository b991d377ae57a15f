"""Holds the pages of a site to its code: equations, values, figures and executed pages, on any site."""

from pathlib import Path


class Problem(Exception):
    """Something on a page, or behind it, must not reach a reader: the build ends here."""


def locate(page: str, fragment: str) -> str:
    """Return `file:line:column` of a fragment of a page, or of its beginning."""
    text = Path(page).read_text(encoding="utf-8") if Path(page).is_file() else ""
    before = text[: max(text.find(fragment), 0)]
    return f"{page}:{before.count(chr(10)) + 1}:{len(before.rpartition(chr(10))[2]) + 1}"
