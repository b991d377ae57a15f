"""Mathematics on a page: set at build, numbered, linked, and never without its check."""

import re
from xml.etree import ElementTree

import markdown
import pytest

from literate import maths
from literate.equations import Record, Report

RECORDS = [
    Record("eq:one", "4.1", "derive/one.md", "a = b\n\\label{eq:one}", ["voronet.forward"],
           ["tests/test_one.py::test_hand"], [7], max_error=2e-15, draws=9),
    Record("eq:two", "5.1", "run/two.py", "% exempt: set, why\nA\n\\label{eq:two}",
           status="exempt", reason="set, why"),
]  # fmt: skip


@pytest.fixture
def page():
    """Convert Markdown as if it stood on a page of a site with two equations."""

    def convert(text, here="derive/one.md", sources=""):
        others = ["tables", "pymdownx.superfences", "pymdownx.details", "toc"]
        options = {"page": here, "report": lambda: Report(RECORDS, []), "sources": sources}
        return markdown.markdown(
            text,
            extensions=[*others, "literate.maths"],
            extension_configs={"literate.maths": options},
        )

    return convert


def test_an_inline_formula_becomes_mathml_with_its_latex(page):
    html = page("The slope $\\sigma'(z)$, and so on.")
    (math,) = re.findall(r"<math>.*?</math>", html)
    tree = ElementTree.fromstring(math)
    assert [m.text for m in tree.iter("mi")] == ["σ", "z"]
    assert tree.find(".//annotation").text == r"\sigma'(z)"
    assert f'<span class="eq-inline">{math},</span>' in html


def test_what_a_comment_says_of_a_formula_is_not_shown(page):
    html = page(
        "<!-- example: one -->\n\nSo $a = b$<!-- where: k = 1; one sample -->, $c$<!-- let -->."
    )
    assert "<!--" not in html
    assert html.count("</math>,</span>") == html.count("</math>.</span>") == 1


@pytest.mark.parametrize(
    "text", ["`$a$`", "```\n$$\na = b\n$$\n```", "costs $5 and $6", r"a \$a\$ b", "$ a $"]
)
def test_code_and_prices_are_no_formulas(page, text):
    assert "<math" not in page(text)


def test_a_display_has_its_number_its_mark_and_its_latex(page):
    html = page("Text.\n\n$$\na = b\n\\label{eq:one}\n$$\n\nMore.", sources="https://host/1/")
    assert '<a href="https://host/1/tests/test_one.py#L7">' in html
    assert html.count('class="eq-hint">How this is checked<') == 1
    tree = ElementTree.fromstring(f"<body>{html}</body>")
    (equation,) = [div for div in tree.iter("div") if div.get("class") == "equation"]
    assert equation.get("id") == "eq:one"
    assert equation.get("aria-label") == "Equation 4.1"
    assert equation.find("a").text == "(4.1)"
    assert equation.find("div/math").get("display") == "block"
    assert equation.find("div").get("tabindex") == "0"
    details = equation.find("details")
    assert details.find("summary").get("aria-label") == "How equation 4.1 is checked"
    facts = ["".join(dd.itertext()) for dd in details.iter("dd")]
    assert facts[0] == "voronet.forward"
    assert facts[1] == "test_hand tests/test_one.py:7"
    assert facts[2].startswith("9, ")
    assert facts[3] == "2.0e-15, relative"
    assert facts[4] == "a = b\n\\label{eq:one}"


def test_an_exempt_display_says_why(page):
    html = page("$$\n% exempt: set, why\nA\n\\label{eq:two}\n$$")
    assert "<dt>Exempt</dt><dd>set, why</dd>" in html
    assert "exempt" not in re.sub(r"<details.*</details>", "", html)


def test_a_display_stays_in_its_admonition(page):
    html = page("??? note\n\n    Text.\n\n    $$\n    a = b\n    \\label{eq:one}\n    $$\n\nAfter.")
    assert html.index("<details") < html.index('class="equation"') < html.rindex("</details>")


@pytest.mark.parametrize(
    ("here", "label", "href"),
    [
        ("derive/one.md", "eq:one", "#eq:one"),
        ("derive/one.md", "eq:two", "../run/two.py#eq:two"),
        ("run/two.py", "eq:one", "../derive/one.md#eq:one"),
        ("index.md", "eq:one", "derive/one.md#eq:one"),
    ],
)
def test_a_reference_links_to_the_equation_on_any_page(page, here, label, href):
    number = {"eq:one": "4.1", "eq:two": "5.1"}[label]
    html = page(f"See \\eqref{{{label}}}.", here)
    assert f'<a class="eq-ref" href="{href}">({number})</a>' in html


def test_code_stands_beside_its_equations(page):
    code = "def f(b, c):\n    # Take b.\n    a = b\n    # Return it.\n    return a\n"
    pairs = "Take: eq:one, eq:two\n"
    html = page(f"Text.\n\n<!-- beside\n{pairs}-->\n```\n{code}```\n\nMore.")
    grid = ElementTree.fromstring(f"<body>{html}</body>").find("div[@class='beside']")
    assert [part.get("class") for part in grid] == ["beside-equations", "highlight"] * 3
    equations, shown = grid[::2], ["".join(part.itertext()).strip("\n") for part in grid[1::2]]
    assert shown == ["def f(b, c):", "    # Take b.\n    a = b", "    # Return it.\n    return a"]
    links = [[link.text for link in part.iter("a")] for part in equations]
    assert links == [[], ["(4.1)", "(5.1)"], []]
    assert len(list(grid.iter("math"))) == 2
    assert not [part for part in grid.iter() if part.get("id")], "a copy has an identifier"
    assert html.endswith("<p>More.</p>")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("See \\eqref{eq:none}.", "eq:none"),
        ("$$\na = b\n$$", "not seen"),
        ("$$\na = b\n\\label{eq:none}\n$$", "not seen"),
        ("The $\\undefined{a}$ here.", "undefined"),
        ("<!-- beside\nAdd: eq:none\n-->\n```\n# Add.\n```", "eq:none"),
        ("<!-- beside\nAdd: eq:one\n-->\n```\n# Take.\n```", "no paragraph .* begins with Add"),
    ],
)
def test_what_cannot_be_set_stops_the_build(page, text, message):
    with pytest.raises(maths.EquationError, match=message):
        page(text)
