"""What may not stand on a page: typed numbers, includes that fail without a message, code typed by hand, leftovers.

Each guard yields the line, the column and the words of what it found; nothing means that the page is in order.

WHAT NUMBERS MAY BE TYPED in prose, and nothing else:

* years, in four digits: 2019;
* ordinals: 1st, 2nd;
* the numbers of ordered lists;
* what another work calls its parts: equation (3.2), section 6, Algorithm 1;
* names with a digit in them: H.264, float64, WebGL2, Python 3.11, 2-D;
* inside mathematics: indices, exponents and superscripts, the numbers 0, 1, 2 and 3, and
  everything inside a display, which the check of the equations reads.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from literate.equations.pages import suggest
from literate.values import VALUE

Found = Iterator[tuple[int, int, str]]

# Read indented text, whose container this parser may not know, and the content of HTML.
MARKDOWN = MarkdownIt("commonmark").enable("table").disable(["code", "html_block"])
MARKDOWN.use(front_matter_plugin).use(admon_plugin).use(dollarmath_plugin, allow_space=False)
NOT_PROSE = [r"--8<-- .*", r"\\eqref\{[^}]*\}", r"\{[:#.][^}\n]*\}", r"https?://\S+"]
ALLOWED = [
    r"\b(?:1[5-9]|20)\d\d\b",
    r"\b\d*(?:1st|2nd|3rd|\dth)\b",
    r"\(\d+\.\d+\)",
    r"\b(?:[Ss]ections?|[Aa]lgorithms?|[Cc]hapters?|[Ff]igures?|[Tt]heorems?)\s+\d+(?:\.\d+)*\b",
    r"\bPython 3(?:\.\d+)?\b",
    r"\bH\.26\d\b",
    r"\b\d-[A-Z]\b",
    r"\b[A-Za-z][A-Za-z_-]*\d+\w*",
]
PROSE = re.compile("|".join(NOT_PROSE + ALLOWED))
FORMULA = re.compile(
    r"\\(?:label|text|mathrm|operatorname)\{[^}]*\}"
    r"|[_^]\s*\{(?:[^{}]|\{[^{}]*\})*\}"
    r"|[_^]\s*(?:\d|\\\w+)"
    r"|(?<![\d.,])[0123](?![\d.,]\d|\d)"
)
TYPED = re.compile(r"[-−+]?\d(?:[\d.,]*\d)?(?:e[-+]?\d+)?(?:\s*%)?")

INCLUDE = re.compile(r'^[ \t]*--8<-- "([^":]+)(?::([^"]+))?"[ \t]*$')
EDGE = re.compile(r"--8<-- \[(start|end):([^\]]*)\]")
FENCED = re.compile(
    r"^(?P<indent>[ \t]*)(?P<fence>`{3,})[ \t]*(?P<head>[^\n`]*)\n(?P<body>.*?)^(?P=indent)(?P=fence)[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
PYTHON = re.compile(r"\.?\b(?:python|py|python3|pycon)\b")
LEFTOVERS = ("--8<", "{{=", "$$", "\\eqref", "\\label", "(figure:", "STX", "wzxhzdk")
SHOWN = {"pre", "code", "script", "style", "annotation", "textarea"}


def typed_numbers(text: str) -> Found:
    """Find numbers that are typed and may not be."""
    text = VALUE.sub(lambda value: re.sub(r"[^\n]", "•", value[0]), text)
    lines = text.split("\n")
    for token in MARKDOWN.parse(text):
        if token.type == "fence" and token.map and token.markup not in lines[token.map[1] - 1]:
            yield token.map[0] + 1, 1, f"a block of code is not closed: {token.markup} is missing"
        line = token.map[0] if token.map else 0
        for part in spread(token):
            number = line
            allowed = FORMULA if part.type == "math_inline" else PROSE
            if part.type in ("text", "math_inline"):
                # Put a mark in place of what is allowed, so that the text on both sides is not joined.
                left = allowed.sub(lambda found: re.sub(r"[^\n]", "•", found[0]), part.content)
                for found in TYPED.finditer(left):
                    at = number + left.count("\n", 0, found.start())
                    what = found[0].strip()
                    yield at + 1, lines[at].find(what) + 1, f"the number {what} is typed; write {{{{= expression }}}}"
            line += part.content.count("\n") + (part.type in ("softbreak", "hardbreak"))


def spread(token: Token) -> Iterator[Token]:
    """Yield the parts of a line of text, those of a picture's description too."""
    for child in token.children or ():
        yield from spread(child) if child.type == "image" else (child,)


def includes(text: str, root: Path) -> Found:
    """Find includes that the snippets extension would pass over or get wrong."""
    for number, line in enumerate(text.split("\n"), 1):
        if "8<" not in line:
            continue
        match, column = INCLUDE.match(line), len(line) - len(line.lstrip()) + 1
        if not match:
            yield number, column, f'{line.strip()!r} is no include: --8<-- "path/file.py:section"'
            continue
        path, section = match.groups()
        if section is None or not re.fullmatch(r"[A-Za-z][\w-]*", section):
            yield number, column, f"{line.strip()!r} names no section; lines by number rot"
            continue
        if not (root / path).is_file():
            folder = (root / path).parent
            near = suggest(Path(path).name, [other.name for other in folder.glob("*")])
            yield number, column, f"there is no file {path}{near}"
            continue
        edges = Counter(EDGE.findall((root / path).read_text(encoding="utf-8")))
        for edge in ("start", "end"):
            if edges[edge, section] != 1:
                near = suggest(section, [name for _, name in edges if name != section])
                yield number, column, f"{path} has [{edge}:{section}] {edges[edge, section]} times, not once{near}"


def typed_code(text: str) -> Found:
    """Find Python typed on a page; `.not-ours` marks an illustration."""
    for match in FENCED.finditer(text):
        if not PYTHON.match(match["head"].strip("{ ")) or ".not-ours" in match["head"]:
            continue
        lines = [line for line in match["body"].split("\n") if line.strip()]
        if not lines or not all(INCLUDE.match(line) for line in lines):
            number = text[: match.start()].count("\n") + 1
            yield number, len(match["indent"]) + 1, "Python typed by hand; include a section, or mark it .not-ours"


class Built(HTMLParser):
    """Reads a built page: its identifiers, and what a reader sees of it outside code."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.identifiers: Counter[str] = Counter()
        self.missing: list[str] = []
        self.seen: list[str] = []
        self.shown = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag says of itself."""
        self.shown += tag in SHOWN
        names = dict(attrs)
        if "id" in names:
            self.identifiers[names["id"] or ""] += 1
        if tag == "img" and "alt" not in names:
            self.missing.append(names.get("src") or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag without content says of itself."""
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Leave code."""
        self.shown -= tag in SHOWN

    def handle_data(self, data: str) -> None:
        """Note what is written."""
        if not self.shown:
            self.seen.append(data)


# A page that is built again as it was, under `mkdocs serve`, is not read again.
@lru_cache
def examine_built(html: str) -> list[tuple[str, str]]:
    """Find what went wrong on the way to a built page: the fragment, and what is wrong with it."""
    page, found = Built(html), []
    seen = "".join(page.seen)
    for mark in LEFTOVERS:
        if mark in seen:
            where = seen.index(mark)
            around = " ".join(seen[max(0, where - 40) : where + 40].split())
            found.append((mark, f"{mark!r} is left in the page: … {around} …"))
    for name, count in page.identifiers.items():
        if count > 1:
            found.append((name, f"the identifier {name!r} stands {count} times on the page"))
    for source in page.missing:
        found.append((source, f"the picture {source!r} needs a description in words"))
    return found
