"""Claims: sentences with a function behind them that may fail."""

import ast
import sys
from pathlib import PurePosixPath
from types import ModuleType

import markdown
import pytest

from literate import claims
from voronet_site import DOCS


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Convert the text of one page whose claims a small module backs."""
    package, module = ModuleType("backed"), ModuleType("backed.one_page")
    package.__path__ = []
    module.two_is_even = lambda: (2 % 2 == 0, "2 leaves <0>.")
    module.three_is_even = lambda: (3 % 2 == 0, "3 leaves 1.")
    monkeypatch.setitem(sys.modules, "backed", package)
    monkeypatch.setitem(sys.modules, "backed.one_page", module)
    docs = tmp_path / "docs"
    docs.mkdir()

    def convert(text):
        (docs / "one-page.md").write_text(text)
        options = {"docs": str(docs), "page": "one-page.md", "claims": "backed"}
        return markdown.markdown(
            text,
            extensions=["literate.claims", "fenced_code"],
            extension_configs={"literate.claims": options},
        )

    convert.docs = docs
    return convert


def test_a_claim_that_holds_is_shown_with_its_evidence(page):
    html = page("Know: {{claim two_is_even: *Two* is `even`.}} So it is.")
    assert '<p>Know: <span class="claim"><em>Two</em> is <code>even</code>.<button ' in html
    assert 'popovertarget="claim-two-is-even"' in html
    assert (
        'id="claim-two-is-even" popover="">2 leaves &lt;0&gt;. <code>two_is_even</code></span>'
        in html
    )
    assert html.count("<button") == 1
    assert html.endswith("</span> So it is.</p>")


def test_a_claim_that_fails_stops_the_page_with_its_evidence(page):
    with pytest.raises(
        claims.ClaimError, match=r"^docs/one-page\.md:3:1: three_is_even does not hold: 3"
    ):
        page("# Even\n\n{{claim three_is_even: Three is\neven.}}")


def test_a_claim_without_a_function_says_where_to_write_one(page):
    with pytest.raises(claims.ClaimError) as caught:
        page("{{claim two_is_evn: Two is even.}}")
    assert str(caught.value) == (
        "docs/one-page.md:1:1: no function backs this claim: write two_is_evn() in "
        "backed/one_page.py; did you mean two_is_even?"
    )


def test_claims_are_found_with_their_places_and_not_in_code(page):
    page("A {{claim two_is_even: Two\nis even.}}\n\n`{{claim b: c}}`\n\n```\n{{claim d: e}}\n```\n")
    (claim,) = claims.find_claims(page.docs)
    assert (claim.name, claim.sentence) == ("two_is_even", "Two is even.")
    assert claim.place == "docs/one-page.md:1:3"


def test_every_claim_of_the_site_holds_and_every_function_backs_one():
    found = list(claims.find_claims(DOCS))
    for claim in found:
        assert claim.try_evidence("voronet_site.claims").strip()
    backed = {(PurePosixPath(c.page).stem.replace("-", "_"), c.name) for c in found}
    for path in (DOCS / "_tools" / "voronet_site" / "claims").glob("[a-z]*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                assert (path.stem, node.name) in backed, f"{path.name}: {node.name} backs nothing"
