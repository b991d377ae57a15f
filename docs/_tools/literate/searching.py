"""What the search reads of a page: its words, and its mathematics as text, without code, drawings and records."""

import re
from collections.abc import Callable
from functools import lru_cache

from bs4 import BeautifulSoup, Tag

# What is long is left out before the page is parsed, which is slow.
LONG = re.compile(r"<(pre|svg)\b.*?</\1>", re.DOTALL)
# Records of equations, the headings that a phone shows in each cell, and what only a screen reader reads.
UNREAD = ".eq-check, .cell-heading, .visually-hidden"
# How the parts of a formula are put together on one line; the search knows <sub> and <sup>.
LINES: dict[str, Callable[..., str]] = {
    "msub": "{}<sub>{}</sub>".format,
    "msup": "{}<sup>{}</sup>".format,
    "msubsup": "{}<sub>{}</sub><sup>{}</sup>".format,
    "munder": "{}<sub>{}</sub>".format,
    "mover": "{}{}".format,
    "munderover": "{}<sub>{}</sub><sup>{}</sup>".format,
    "mfrac": "{} / {}".format,
    "mroot": "{}<sup>1/{}</sup>".format,
}


# A page that is built again as it was, under `mkdocs serve`, is not read again.
@lru_cache
def write_text(html: str) -> str:
    """Return what the search shall read of a page."""
    page = BeautifulSoup(LONG.sub("", html), "html.parser")
    for part in page.select(UNREAD):
        part.decompose()
    for formula in page.find_all("math"):
        formula.replace_with(BeautifulSoup(f" {write_part(formula)} ", "html.parser"))
    return str(page)


def list_equations(text: str, address: str) -> list[dict[str, str]]:
    """Return what the index shall hold of each displayed equation in the text of a page: its number is its title."""
    return [
        {"location": f"{address}#{part['id']}", "title": part["aria-label"], "text": part.div.decode_contents()}
        for part in BeautifulSoup(text, "html.parser").select(".equation")
    ]


def write_part(part: Tag) -> str:
    """Write a part of a formula."""
    if part.name in ("annotation", "mspace"):
        return ""
    inside = [write_part(child) for child in part.find_all(recursive=False)]
    if part.name in LINES:
        return LINES[part.name](*inside)
    text = "".join(inside) or part.get_text()
    if part.name == "msqrt":
        return f"√({text})"
    if part.name == "mtr":
        return f"{text}; "
    if part.name == "mo" and text.strip() in ("=", "+", "−", "≤", "≥", "<", ">", "≈", "≠", "∈", "→", "≔"):
        return f" {text.strip().replace('<', '&lt;').replace('>', '&gt;')} "
    return text.replace("<", "&lt;") if not inside else text
