"""What the search reads of a page: its words, and its mathematics as text, without code, drawings and records."""

import re
from collections.abc import Callable
from functools import lru_cache
from html import escape
from xml.etree import ElementTree

from bs4 import BeautifulSoup

# What is long is left out before the page is parsed, which is slow.
LONG = re.compile(r"<(pre|svg)\b.*?</\1>", re.DOTALL)
FORMULA = re.compile(r"<math\b.*?</math>", re.DOTALL)
# Records of equations, the headings that a phone shows in each cell, and what only a screen reader reads.
UNREAD = ".eq-check, .source, .cell-heading, .visually-hidden"
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
RELATIONS = ("=", "+", "−", "≤", "≥", "&lt;", "&gt;", "≈", "≠", "∈", "→", "≔")


# A page that is built again as it was, under `mkdocs serve`, is not read again.
@lru_cache
def read_page(html: str) -> tuple[str, list[dict[str, str]]]:
    """Return what the search shall read of a page, and an entry for each displayed equation: its number is its title."""
    page = BeautifulSoup(FORMULA.sub(write_formula, LONG.sub("", html)), "html.parser")
    for part in page.select(UNREAD):
        part.decompose()
    equations = [
        {"location": f"#{part['id']}", "title": part["aria-label"], "text": part.div.decode_contents()}
        for part in page.select(".equation")
    ]
    return str(page), equations


def write_formula(mathml: re.Match[str]) -> str:
    """Write a formula."""
    # Nobody sees it, or types it.
    seen = mathml[0].replace("\N{FUNCTION APPLICATION}", "")
    return f" {write_part(ElementTree.fromstring(seen))} "


def write_part(part: ElementTree.Element) -> str:
    """Write a part of a formula."""
    name = part.tag.rpartition("}")[2]
    if name in ("annotation", "mspace"):
        return ""
    inside = [write_part(child) for child in part]
    if name in LINES:
        return LINES[name](*inside)
    text = "".join(inside) or escape(part.text or "", quote=False)
    if name == "msqrt":
        return f"√({text})"
    if name == "mtr":
        return f"{text}; "
    if name == "mo" and text.strip() in RELATIONS:
        return f" {text.strip()} "
    return text
