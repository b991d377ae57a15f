"""A second site, on another subject: the machinery serves it through plain Markdown alone."""

import ast
from pathlib import Path

import markdown
import pytest

from literate import equations, maths
from literate.equations import Site, check_only, check_site

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent / "oscillator"
OPTIONS = {
    "docs": str(HERE / "docs"),
    "notation": "motion.md",
    "samples": "spring_samples",
    "package": "spring",
    "tests": str(HERE),
}
HELD = ("eq:energy", "eq:frequency", "eq:position")
WRONG = "docs/energy.md:18:24: (2.2) eq:loss: left -"


@pytest.fixture(autouse=True)
def spring(monkeypatch):
    """Let the second site import what is its own."""
    monkeypatch.syspath_prepend(str(HERE))


def convert(page):
    """Convert a page by plain Markdown."""
    options = {"literate.maths": {**OPTIONS, "page": page}}
    text = (HERE / "docs" / page).read_text(encoding="utf-8").split("---\n")[2]
    return markdown.markdown(
        text, extensions=["literate.maths", "tables"], extension_configs=options
    )


def test_three_equations_hold_and_the_wrong_one_is_refused():
    report = check_site(Site(**OPTIONS))
    assert [record.label for record in report.records] == list(HELD)
    assert report.held == 3
    assert len(report.failures) == 1
    assert report.failures[0].startswith(WRONG)
    assert "(E(t) is energy; " in report.failures[0]


def test_plain_markdown_sets_the_right_page_and_refuses_the_wrong_one():
    html = convert("motion.md")
    assert html.count('class="equation"') == 2
    assert "<code>spring.position</code>" in html
    with pytest.raises(maths.EquationError, match="the equations do not hold") as caught:
        convert("energy.md")
    assert WRONG in str(caught.value)


def test_one_equation_of_the_second_site_can_be_asked_for():
    (record,) = check_only(Site(**OPTIONS), "eq:position")
    assert record.functions == ["spring.frequency", "spring.position"]


def test_the_machinery_of_equations_knows_no_site():
    # Neither an import nor a word of this site: content comes in by options.
    folder = Path(equations.__file__).parent
    for path in [*folder.glob("*.py"), Path(maths.__file__), folder.parent / "__main__.py"]:
        code = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(code)):
            imported = [getattr(node, "module", None) or ""]
            imported += [alias.name for alias in getattr(node, "names", [])]
            assert not [name for name in imported if name.startswith("voronet")], path
        assert "voronet" not in code, path
