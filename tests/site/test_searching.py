"""What the search reads of a page: words, and formulas as text on one line."""

import json

import pytest

from literate.maths import typeset
from literate.searching import read_page
from voronet_site import ROOT

INDEX = ROOT / "site" / "search" / "search_index.json"


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"w_t", "w<sub>t</sub>"),
        (r"\delta^{(k)}", "δ<sup>(k)</sup>"),
        (r"\frac{1}{n}", "1 / n"),
        (r"\sqrt{v}", "√(v)"),
        (r"a = b", "a = b"),
        (r"\log 3", "log3"),
    ],
)
def test_a_formula_is_text(tex, text):
    mathml = typeset(tex, display=False)
    assert " ".join(read_page(f"<p>Take {mathml}.</p>")[0].split()) == f"<p>Take {text} .</p>"


def test_code_and_records_are_left_out():
    html = '<p>a</p><pre>code</pre><details class="eq-check">record</details><svg>x</svg><p>b</p>'
    assert read_page(html)[0] == "<p>a</p><p>b</p>"


def test_an_equation_is_an_entry_of_its_own_under_its_number():
    html = (
        '<p>Take</p><div class="equation" id="eq:n" role="group" aria-label="Equation 5.9">'
        '<div class="eq-body" tabindex="0"><math><mi>n</mi><mo>=</mo><mn>1</mn></math></div>'
        '<a class="eq-number" href="#eq:n">(5.9)</a></div>'
    )
    _, (entry,) = read_page(html)
    assert entry == {"location": "#eq:n", "title": "Equation 5.9", "text": " n = 1 "}


@pytest.mark.slow
def test_the_index_has_the_words_that_people_type():
    if not INDEX.is_file():
        pytest.skip("needs the built site (mkdocs build)")
    texts = " ".join(doc["title"] + doc["text"] for doc in json.loads(INDEX.read_text())["docs"])
    for word in ("delta", "δ", "sigmoid", "Hadamard", "learning rate", "Adam.step"):
        assert word in texts, f"{word!r} is nowhere"
    assert "semantics" not in texts
