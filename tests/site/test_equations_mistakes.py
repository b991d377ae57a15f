"""The check catches mistakes in pages and in the package, and does not cry wolf."""

from dataclasses import replace
from functools import cache

import pytest
from bs4 import BeautifulSoup

from literate.equations import verdict
from literate.equations.pages import read_pages
from voronet_site import DOCS, mistakes, samples

pytestmark = pytest.mark.slow

# Changes that mean nothing: the label, the LaTeX as it stands, the LaTeX written otherwise.
MEANINGLESS = [
    ("eq:pre-activation", r"W_k \, a", r"W_k a"),
    ("eq:pre-activation", r"W_k \, a", r"W_k \; \! a"),
    ("eq:pre-activation", r"W_k \, a", r"{W}_k \cdot a"),
    ("eq:pre-activation", "W_k", r"\mathbf{W}_k"),
    ("eq:pre-activation", "W_k", r"\boldsymbol W_k"),
    ("eq:pre-activation", "W_k", r"\mathbf{W_k}"),
    ("eq:pre-activation", r"W_k \, a^{(k-1)} + b_k", r"b_k + W_k \, a^{(k-1)}"),
    ("eq:pre-activation", r"z^{(k)} = W_k \, a^{(k-1)} + b_k", r"W_k \, a^{(k-1)} + b_k = z^{(k)}"),
    ("eq:pre-activation", r"\qquad k = 1, \dots, K", r"\quad 1 \le k \le K"),
    ("eq:pre-activation", r"\qquad k = 1, \dots, K", r"\text{for all } k \in \{1, \dots, K\}"),
    ("eq:pre-activation", "W_k", r"\displaystyle W_{k}"),
    ("eq:delta-output", "(a^{(K)} - y)", r"\left(a^{(K)} - y\right)"),
    ("eq:delta-output", "(a^{(K)} - y)", r"\bigl(a^{(K)} - y\bigr)"),
    ("eq:delta-output", "(a^{(K)} - y)", r"\big[ -y + a^{(K)} \big]"),
    ("eq:delta-output", r"(a^{(K)} - y) \odot \sigma'(z^{(K)})",
     r"\sigma'(z^{(K)}) \odot (a^{(K)} - y)"),
    ("eq:delta-output", r"\sigma'(z", r"\sigma^{\prime}(z"),
    ("eq:delta-hidden", r"\left( W_{k+1}^\top \, \delta^{(k+1)} \right) \odot",
     r"W_{k+1}^{\top} \delta^{(k+1)} \odot"),
    ("eq:delta-hidden", r"k &= K - 1, \dots, 1", r"1 \le k < K"),
    ("eq:delta-hidden", r"k &= K - 1, \dots, 1", r"k = 1, 2, \dots, K-1"),
    ("eq:delta-hidden", r"\delta^{(k)} &=", r"\delta^{(k)} :="),
    ("eq:unit", r"\sum_{l=1}^{n_{k-1}} (W_k)_{jl} \, a_l",
     r"\sum_{r=1}^{n_{k-1}} (W_k)_{jr} \, a_r"),
    ("eq:unit", r"\sum_{l=1}^{n_{k-1}} (W_k)_{jl} \, a_l",
     r"\sum_{s=1}^{n_{k-1}} (W_k)_{js} \, a_s"),
    ("eq:unit", r"\sum_{l=1}^{n_{k-1}} (W_k)_{jl}", r"\sum_l (W_k)_{j,l}"),
    ("eq:loss", r"\sum_{i=1}^{n} \ell_i", r"\sum_{s=1}^n \ell_s"),
    ("eq:loss", r"\frac{1}{2n} \sum_{i=1}^{n} \|a_i^{(K)} - y_i\|^2",
     r"\frac1{2n} \sum_{j=1}^{n} \left\| y_j - a^{(K)}_j \right\|_2^2"),
    ("eq:loss", "L &=", r"\mathcal{L} &="),
    ("eq:delta-output", r"\odot \sigma'", "⊙ σ'"),
    ("eq:gradient-weights", r"\frac{\partial L}{\partial W_k}", "∂L/∂W_k"),
    ("eq:decision", r"\frac{a_2^{(K)}}{a_1^{(K)} + a_2^{(K)}}",
     "a_2^{(K)} / (a_1^{(K)} + a_2^{(K)})"),
    ("eq:sample-loss", r"\tfrac{1}{2} \, \|a_i^{(K)} - y_i\|^2",
     r"\frac12 (a_i^{(K)} - y_i)^\top (a_i^{(K)} - y_i)"),
    ("eq:sample-loss", r"(a_{ji}^{(K)} - y_{ji})^2", r"(a_{j,i}^{(K)} - y_{j,i})^{2}"),
    ("eq:sample-loss", "\\ell_i &= \\tfrac{1}{2} \\, \\|a_i^{(K)} - y_i\\|^2 \\\\\n"
     r"&= \tfrac{1}{2} \sum_{j=1}^{n_K} (a_{ji}^{(K)} - y_{ji})^2",
     r"\ell &= \tfrac{1}{2} \, \|a^{(K)} - y\|^2"),
    ("eq:sigmoid", "e^{-z}", r"\exp(-z)"),
    ("eq:sigmoid", r"\frac{1}{1 + e^{-z}}", r"\dfrac{1}{e^{-z} + 1}"),
    ("eq:sigmoid", r"\frac{1}{1 + e^{-z}}", r"\left(1 + e^{-z}\right)^{-1}"),
    ("eq:loss-slope", r"\frac{d}{dz}", r"\frac{\mathrm{d}}{\mathrm{d} z}"),
    ("eq:gradient-weights", r"(a^{(k-1)})^\top", r"{a^{(k-1)}}^\top"),
    ("eq:gradient-weights", r"(a^{(k-1)})^\top", r"a^{(k-1)\top}"),
    ("eq:gradient-weights", r"\frac{1}{n} \, \delta^{(k)}", r"\delta^{(k)} \frac{1}{n}"),
    ("eq:adam-m", r"\beta_1 \, m_{t-1} + (1 - \beta_1) \, g_t",
     r"(1 - \beta_1) g_t + m_{t-1} \beta_1"),
    ("eq:adam-m-unrolled", r"\sum_{s=1}^{t} \beta_1^{t-s} \, g_s",
     r"\sum_{r=1}^{t} \beta_1^{t-r} g_r"),
    ("eq:adam-v", r"g_t \odot g_t", "g_t^2"),
    ("eq:adam-v", r"g_t \odot g_t", r"g_t^{\odot 2}"),
    ("eq:adam-update", r"\hat m_t", r"\hat{\boldsymbol{m}}_t"),
    ("eq:adam-update", r"\sqrt{\hat v_t} + \varepsilon", r"\varepsilon + \sqrt{\hat{v}_t}"),
    ("eq:adam-correction", r"\frac{v_t}{1 - \beta_2^t}", r"(1 - \beta_2^t)^{-1} v_t"),
    ("eq:parameter-order", r"w = (W_1, \dots, W_K, b_1, \dots, b_K)",
     "w = (W_1, W_2, W_3, b_1, b_2, b_3), \\qquad K = 3"),
    ("eq:one-hot", r"\text{if } \operatorname{label}(x_i) = 1", r"\text{otherwise}"),
    ("eq:sigmoid", "e^{-z}", r"\mathrm{e}^{-z}"),
    ("eq:chain-hidden", r"\sum_{r=1}", r"\displaystyle \sum\nolimits_{r=1}"),
    ("eq:chain-hidden", r"\qquad k =", r"\displaystyle \qquad k ="),
    ("eq:label", r"\operatorname{label}", r"\mathrm{label}"),
    ("eq:decision", "a_1^{(K)} + a_2^{(K)}", r"\sum_{r=1}^{2} a_r^{(K)}"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "label", "old", "new"),
    mistakes.IN_PAGES,
    ids=lambda value: str(value)[:40],
)
def test_a_mistake_in_a_page_fails(what, label, old, new):
    line = mistakes.page_mistake(label, old, new, read_displays())
    assert isinstance(line, str), f"{what}: {label} with {new} for {old} is not caught"
    assert_place(line, read_displays()[label])


@pytest.mark.parametrize(
    ("what", "file", "old", "new", "label"),
    mistakes.IN_PACKAGE,
    ids=lambda value: str(value)[:40],
)
def test_a_mistake_in_the_package_fails(what, file, old, new, label):
    line = mistakes.package_mistake(file, old, new, label, read_displays())
    assert isinstance(line, str), f"{what}: {label} with {new} for {old} in {file} is not caught"
    assert_place(line, read_displays()[label])


@cache
def read_displays():
    """Return the displays of the site, with their lines."""
    return {formula.label: formula for formula in read_pages(DOCS)[0]}


def test_a_page_of_messages_names_the_file_alone():
    line = mistakes.page_mistake("eq:loss", r"\frac{1}{n}", r"\frac{2}{n}")
    assert line.startswith("docs/derive/loss.md: (3."), line


def assert_place(line, display):
    """The line begins with file, line and column, inside the display, and its name."""
    path, row, column, rest = line.split(":", 3)
    assert path == f"docs/{display.page}"
    assert 0 <= int(row) - display.line <= display.tex.count("\n"), line
    assert int(column) >= display.column
    assert rest.startswith(f" ({display.number}) {display.label}: ")


def test_nearly_every_message_gives_both_values():
    # Without values are only those that cannot be read, or that speak of what does not exist.
    pages = [str(mistakes.page_mistake(*mistake[1:])) for mistake in mistakes.IN_PAGES]
    silent = [line for line in pages if not ("left " in line and "right" in line)]
    excuses = ("cannot read", "does not exist", "does not stand", "would run", "leaves out",
               "product of shapes", "outside", "called sharp")  # fmt: skip
    assert all(any(excuse in line for excuse in excuses) for line in silent), silent
    assert len(silent) < len(pages) / 5, silent


@pytest.mark.parametrize(("label", "old", "new"), MEANINGLESS, ids=lambda value: str(value)[:40])
def test_a_change_that_means_nothing_passes(label, old, new):
    found = mistakes.page_mistake(label, old, new)
    assert not isinstance(found, str), f"{old} written as {new} fails: {found}"


def test_the_real_package_is_back_after_a_mistake():
    before = mistakes.voronet.Adam
    with mistakes.broken_package("adam.py", "np.sqrt(v_hat)", "v_hat") as package:
        assert package.Adam is not before
    import voronet

    assert voronet.Adam is before


def test_an_exemption_that_is_not_needed_fails():
    notation = mistakes.notation()
    display = read_displays()["eq:input"]
    idle = replace(display, tex="% exempt: illustration, just so\n" + display.tex)
    line = verdict(idle, notation, mistakes.draw_samples())
    assert line.startswith(f"{display.locate()}: {display.name}: marked exempt, and yet it can be")


def test_the_page_of_mistakes_marks_the_difference():
    from voronet_site.values import wrong

    right, slip = BeautifulSoup(wrong.page("root dropped"), "html.parser").select(".changed")
    assert right.select("msqrt")
    assert not slip.select("msqrt")
    right, slip = BeautifulSoup(wrong.package("uphill"), "html.parser").select("mark")
    assert (right.text, slip.text) == ("w - self.learning_rate * g", "w + self.learning_rate * g")


def test_a_small_number_drawn_near_zero_shrinks_as_any_other(monkeypatch):
    whole = mistakes.draw_samples()
    drawn = samples.Trial.anything
    monkeypatch.setattr(samples.Trial, "anything", lambda *asked: 1e-4 * drawn(*asked))
    formula = mistakes.read_site()["eq:differences"]
    found = verdict(formula, mistakes.notation(), whole)
    assert getattr(found, "status", found) == "held"
