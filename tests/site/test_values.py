"""Computed numbers in prose, and the lint against typed ones."""

import sys
from types import ModuleType

import markdown
import numpy as np
import pytest

from literate.guards import typed_numbers
from literate.values import ValueFailure, evaluate_page, replace, write_value

NAMES = {"np": np, "n": 48, "loss": 1.234e-3, "rate": 1e-7, "text": r"\tfrac{1}{2}"}


def computed(text):
    def evaluate(expression):
        return eval(expression, dict(NAMES))

    return replace(text, lambda asked: [write_value(evaluate, one) for one in asked])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("It has {{= n }} entries.", "It has 48 entries."),
        ("about {{= loss :.2e }}", "about 1.23\u202f×\u202f10⁻³"),
        ("about ${{= loss :.2e }}$", r"about $1.23 \times 10^{-3}$"),
        ("below {{= rate }}", "below 10⁻⁷"),
        ("$\\eta = {{= rate }}$", "$\\eta = 10^{-7}$"),
        ("{{= -0.5 }} and $a = {{= -0.5 }}$", "−0.5 and $a = -0.5$"),
        ("{{= 25000 :, }} and ${{= 25000 :, }}$", "25,000 and $25{,}000$"),
        ("${{= text }} \\cdot {{= n }}$", r"$\tfrac{1}{2} \cdot 48$"),
        ("$$\n{{= text }} = {{= rate }}\n$$", "$$\n\\tfrac{1}{2} = 10^{-7}\n$$"),
        ("{{= [3, 4, 5][1:][0] }}", "4"),
        ("{{= {1: 7}[1] }}", "7"),
        ("{{= np.float64(0.25) }}", "0.25"),
        ("{{= (2, 2, 8, 2) }}", "(2, 2, 8, 2)"),
        ("{{= 0.125 :.0%}}", "12%"),
        ("write `{{= n }}` for {{= n }}", "write `{{= n }}` for 48"),
        ("``a ` {{= n }}`` {{= n }}", "``a ` {{= n }}`` 48"),
        ("costs \\$5 and {{= rate }} more \\$", "costs \\$5 and 10⁻⁷ more \\$"),
    ],
)
def test_a_value_is_written_as_a_reader_expects(written, read):
    assert computed(written) == read


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{= missing }}", "missing"),
        ("{{= n / 0 }}", "ZeroDivisionError"),
        ("{{= np.zeros(3) }}", "no number, string or tuple"),
        ("{{= True }}", "no number, string or tuple"),
        ("{{= None }}", "no number, string or tuple"),
        ("{{= float('nan') }}", "nan"),
        ("{{= n n }}", "no expression"),
        ("{{= n :q }}", "Unknown format code"),
    ],
)
def test_what_has_no_value_stops_the_build_and_is_named(source, says):
    with pytest.raises(ValueFailure, match=says):
        computed(f"It has {source} entries.")


@pytest.fixture
def package(monkeypatch):
    """Make a package of values."""
    found = ModuleType("given")
    monkeypatch.setitem(sys.modules, "given", found)
    found.__path__ = []
    return found


def test_what_shows_itself_as_html_is_put_in_as_it_is(package):
    class Shown:
        def _repr_html_(self):
            return "<b>{{= 1 }} *as it is*</b>"

    package.shown = Shown()
    options = {"literate.values": {"package": "given"}}
    html = markdown.markdown(
        "{{= shown }}", extensions=["literate.values"], extension_configs=options
    )
    assert html == "<div><b>{{= 1 }} *as it is*</b></div>"


def test_a_message_says_where_and_suggests_what_is_near(package, tmp_path):
    package.width = 48
    page = tmp_path / "page.md"
    page.write_text("First.\n\nThere are {{= widht }} of them.\n")
    options = {"literate.values": {"package": "given", "page": str(page)}}
    with pytest.raises(ValueFailure) as caught:
        markdown.markdown(
            page.read_text(), extensions=["literate.values"], extension_configs=options
        )
    assert str(caught.value).startswith(f"{page}:3:15: ")
    assert "did you mean width?" in str(caught.value)


def test_a_page_has_the_names_of_its_module():
    asked = [("net.size", "", False)]
    assert evaluate_page("voronet_site.values", "docs/derive/network.md", asked) == ["48"]
    with pytest.raises(ValueFailure, match="NameError"):
        evaluate_page("voronet_site.values", "docs/references.md", asked)


@pytest.mark.parametrize(
    "text",
    [
        "It has 48 entries.",
        "A loss of 0.228 is high.",
        "Train for 25,000 steps.",
        "In 80 % of the runs.",
        "A rate of 1e-3.",
        "The rate is $\\eta = 0.001$.",
        "There are $n = 50$ points.",
        "It is $10^{-3}$ or so.",
        "About $p = 48$ of them.",
        "[48 entries](network.md)",
        "| a | 7 |",
        "- 3 of them",
        "> 12 runs",
        "**17** runs",
        '!!! note "With 64 seeds"',
        "Half of {{= n }} is 24.",
        "${{= n }} + 17$",
        "Add $W_3$ and 5 more.",
    ],
)
def test_a_typed_number_is_found(text):
    found = list(typed_numbers(f"First.\n\n{text}\n"))
    assert [line for line, _, _ in found] == [3], f"{text!r} gives {found}"


@pytest.mark.parametrize(
    "text",
    [
        "Higham and Higham (2019), Kingma & Ba 2015.",
        "the 1st and the 2nd",
        "1. first\n2. second",
        "their equations (5.5) and (5.6), section 6, Algorithm 1",
        "H.264, float64, WebGL2, Python 3.11, a 2-D canvas, `x = 48`",
        "```python\nx = 48\n```",
        "``` { .python .not-ours }\nx = 48\n```",
        "    ```python\n    x = 48\n    ```",
        "Take $W_3$, $a^{(2)}$, $z_{12}^{(3)}$, $x^2$, $[0, 1]^2$, $k = 1, 2, 3$.",
        "Half of it, $\\tfrac{1}{2}$, and $1/n$, $1 - \\beta_1^t$, $e^{-z}$.",
        "$$\nx = 48\n\\label{eq:x}\n$$",
        "{{= n }} and {{= loss :.2e }} and ${{= n }}$ and {{= {1: 7}[1] }}",
        "[the site](https://example.org/48) and [this](a.md#part-7)",
        '<img src="a48.png" width="480">',
        "![A square.](figure:data.cells2)",
        "\\eqref{eq:layer-2}",
        "---\ntitle: x\nchapter: 4\n---\n\nText.",
        "<!-- 48 -->",
    ],
)
def test_what_may_be_typed_passes(text):
    assert list(typed_numbers(text)) == []
