"""The reader's file so far: the code of the pages, in the order of the site."""

import re
from functools import cache

from literate.build_cache import cached
from literate.program import assemble
from voronet_site import DOCS, PACKAGE, ROOT

PAGE = re.compile(r"^ +- (?:.+: )?(\S+\.md)$", re.MULTILINE)
ABOUT = """The code of the derivations up to here, in reading order. It needs NumPy alone.

The package also checks the arguments of its functions. This file does not: give it
arrays.
"""


@cache
def programs() -> dict[str, str]:
    """Return the program at the end of each chapter, by the chapter's page."""
    pages = PAGE.findall((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    texts = [(page, (DOCS / page).read_text(encoding="utf-8")) for page in pages]
    return assemble(texts, PACKAGE, ABOUT)


def count_lines(chapter: str) -> int:
    """Count the lines of the file at the end of a chapter."""
    found: dict[str, str] = cached("voronet_site.so_far:programs")
    return found[f"derive/{chapter}.md"].count("\n")
