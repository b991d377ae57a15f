r"""Sentences that are held: a Python-Markdown extension.

A sentence that states a measured fact, or a cause, names a function that returns the evidence:

    {{claim wrong_points_are_balanced: At step 1500 the wrong points are balanced, not saturated.}}

The function stands in the module named after the page, in the package that the option `claims`
names: `my_site/claims/failure.py` for `run/failure.py`. It takes nothing and returns whether the
sentence holds, and the evidence in words, with its figures:

    def wrong_points_are_balanced():
        shares = np.abs(pull_of_wrong - pull_of_right) / pull_of_right
        return shares.max() < 0.05, f"The two pulls differ by at most {shares.max():.1%}."

It may compute, or read a recorded run. The reader sees the sentence with a mark that opens to the
evidence. A claim that does not hold, or that no function backs, stops the page with a ClaimError.
`python -m literate run/failure.py` tries the claims of one page. A sentence may hold formulas,
links and computed values, as any sentence of the page.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from markdown import Extension, Markdown
from markdown.inlinepatterns import InlineProcessor

from literate import Caller, Problem, call
from literate.equations.pages import blank_code, page_files, suggest, text_of

CLAIM = r"\{\{claim\s+(?P<name>[a-z]\w*):\s+(?P<sentence>.+?)\}\}(?!\})"


class ClaimError(Problem):
    """A claim does not hold, or nothing backs it: the page ends here."""


@dataclass(frozen=True)
class Claim:
    """A sentence of a page with the name of the function that backs it."""

    name: str
    sentence: str
    page: str
    place: str  # file:line:column

    def try_evidence(self, package: str, call: Caller = call) -> str:
        """Return the evidence in words; raise ClaimError where there is none, or it fails."""
        module = f"{package}.{PurePosixPath(self.page).stem.replace('-', '_')}"
        try:
            holds, evidence = call("literate.claims:find_evidence", module, self.name)
        except Problem as problem:
            raise ClaimError(f"{self.place}: {problem}") from None
        if not holds:
            raise ClaimError(f"{self.place}: {self.name} does not hold: {evidence}")
        return str(evidence)


def find_evidence(module: str, name: str) -> tuple[bool, str]:
    """Return whether a claim holds, and the evidence, from the function that backs it."""
    try:
        known = vars(import_module(module))
    except ModuleNotFoundError as problem:
        if problem.name is None or not f"{module}.".startswith(f"{problem.name}."):
            raise
        known = {}
    if name not in known:
        raise ClaimError(
            f"no function backs this claim: write {name}() in "
            f"{module.replace('.', '/')}.py{suggest(name, list(known))}"
        )
    holds, evidence = known[name]()
    return bool(holds), str(evidence)


def find_claims(docs: Path) -> Iterator[Claim]:
    """Yield the claims of all pages."""
    for path in page_files(docs):
        yield from read_claims(docs, path)


def read_claims(docs: Path, path: Path) -> Iterator[Claim]:
    """Yield the claims of a page."""
    text, source = blank_code(text_of(path)), path.read_text(encoding="utf-8").split("\n")
    for match in re.finditer(CLAIM, text, re.DOTALL):
        line = text.count("\n", 0, match.start()) + 1
        column = source[line - 1].index("{{claim") + 1
        place = f"{path.relative_to(docs.parent).as_posix()}:{line}:{column}"
        page = path.relative_to(docs).as_posix()
        yield Claim(match["name"], " ".join(match["sentence"].split()), page, place)


class Claims(Extension):
    """Adds claims to Markdown."""

    def __init__(self, **options: Any) -> None:
        self.config = {
            "docs": ["docs", "the folder of pages"],
            "page": ["", "the page, below the folder of pages"],
            "claims": ["", "the package whose modules back the claims"],
            "call": [call, "calls a function by name: elsewhere, or not at all if its result is known"],
        }
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:
        """Register after code (190) and formulas (187), which a sentence may hold, before links."""
        md.inlinePatterns.register(Sentence(self, CLAIM, md), "claims", 185)


class Sentence(InlineProcessor):
    """Sets a claim with the mark that opens to its evidence."""

    def __init__(self, claims: Claims, pattern: str, md: Markdown) -> None:
        super().__init__(pattern, md)
        self.claims = claims

    def handleMatch(  # type: ignore[override]
        self, m: re.Match[str], data: str
    ) -> tuple[Element, int, int]:
        """Replace a claim by its sentence and a button that shows the evidence."""
        docs, page = Path(self.claims.getConfig("docs")).resolve(), self.claims.getConfig("page")
        places = {claim.name: claim for claim in read_claims(docs, docs / page)}
        name, sentence = m["name"], m["sentence"]
        claim = places.get(name) or Claim(name, sentence, page, f"{docs.name}/{page}")
        evidence = claim.try_evidence(self.claims.getConfig("claims"), self.claims.getConfig("call"))
        # A paragraph may hold a popover, and no details.
        found = Element("span", {"class": "claim"})
        found.text = sentence
        identifier, title = f"claim-{name.replace('_', '-')}", "How this is known"
        button = SubElement(found, "button", {"type": "button", "class": "claim-mark", "popovertarget": identifier})
        button.set("aria-label", title)
        button.set("title", title)
        button.text = "✓"
        shown = f"{escape(evidence)} <code>{escape(name)}</code>"
        opened = SubElement(found, "span", {"class": "claim-evidence", "id": identifier, "popover": ""})
        opened.text = self.md.htmlStash.store(shown)
        return found, m.start(0), m.end(0)


def makeExtension(**options: Any) -> Claims:
    """Return the extension, as Python-Markdown asks for it by this name."""
    return Claims(**options)
