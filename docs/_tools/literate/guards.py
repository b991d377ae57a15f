"""What may not stand on a page: includes that swallow or rot, code typed by hand, leftovers.

Each guard returns what it found, in words; no finding means that the page is in order.
"""

import re
from collections.abc import Iterator

from literate.sources import ROOT

INCLUDE = re.compile(r'^[ \t]*--8<-- "([^":]+)(?::([^"]+))?"[ \t]*$')
FENCED = re.compile(
    r"^(?P<indent>[ \t]*)(?P<fence>`{3,})[ \t]*(?P<head>[^\n`]*)\n(?P<body>.*?)^(?P=indent)(?P=fence)[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
PYTHON = re.compile(r"\.?\b(?:python|py|python3|pycon)\b")
SHOWN = re.compile(r"<(pre|code|script|style|annotation|textarea)\b.*?</\1>", re.DOTALL)
LEFTOVERS = ["--8&lt;", "{{=", "$$", "\\eqref", "\\label", "(figure:", "STX", "wzxhzdk"]


def includes(text: str) -> Iterator[str]:
    """Find includes that the snippets extension would pass over or get wrong."""
    for number, line in enumerate(text.split("\n"), 1):
        if "8<" not in line:
            continue
        match = INCLUDE.match(line)
        if not match:
            yield f'line {number}: {line.strip()!r} is no include: --8<-- "path/file.py:section"'
            continue
        path, section = match.groups()
        if section is None or not re.fullmatch(r"[a-z][a-z0-9_-]*", section):
            yield f"line {number}: {line.strip()!r} names no section; lines by number rot"
            continue
        source = ROOT / path
        if not source.is_file():
            yield f"line {number}: there is no file {path}"
            continue
        code = source.read_text(encoding="utf-8")
        for edge in ("start", "end"):
            count = len(re.findall(rf"--8<-- \[{edge}:{section}\]", code))
            if count != 1:
                yield f"line {number}: {path} has [{edge}:{section}] {count} times, not once"


def typed_code(text: str) -> Iterator[str]:
    """Find Python typed on a page; `.not-ours` marks an illustration."""
    for match in FENCED.finditer(text):
        if not PYTHON.match(match["head"].strip("{ ")) or ".not-ours" in match["head"]:
            continue
        lines = [line for line in match["body"].split("\n") if line.strip()]
        if not lines or not all(INCLUDE.match(line) for line in lines):
            number = text[: match.start()].count("\n") + 1
            yield f"line {number}: Python typed by hand; include a section, or mark it .not-ours"


def leftovers(html: str) -> Iterator[str]:
    """Find markup that reached the reader as it was written."""
    seen = SHOWN.sub("", html)
    seen = re.sub(r"<(?!/?(?:svg|text)\b)[^>]*>", " ", seen)
    for mark in LEFTOVERS:
        if mark in seen:
            where = seen.index(mark)
            around = " ".join(seen[max(0, where - 40) : where + 40].split())
            yield f"{mark!r} is left in the page: … {around} …"


def doubled(html: str) -> Iterator[str]:
    """Find identifiers that a page has twice."""
    names = re.findall(r'<[a-zA-Z][^>]*?\sid="([^"]+)"', html)
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"the identifier {name!r} stands {names.count(name)} times on the page"
