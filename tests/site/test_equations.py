"""Every displayed equation of every page, evaluated against the package."""

import inspect
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import voronet
from literate.equations import Samples, check_only, check_site, verdict
from literate.equations.evaluate import Env
from literate.equations.notation import Wrong, read_notation
from literate.equations.pages import read_docstrings, read_pages, text_of
from tests.test_check import public_callables
from voronet_site import samples
from voronet_site.checked import SITE

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
NOTATION = read_notation(DOCS / "notation.md")
IN_DOCSTRINGS = list(read_docstrings(ROOT / "voronet", DOCS))


@pytest.fixture(scope="module")
def report():
    """Check the whole site."""
    return check_site(SITE)


@pytest.mark.slow
@pytest.mark.equations
def test_every_equation_of_every_page_holds(report):
    assert not report.failures, "\n".join(["", *report.failures])


@pytest.mark.slow
@pytest.mark.equations
def test_every_record_says_what_was_done(report):
    for record in json.loads(report.json()):
        assert set(record) >= {"label", "number", "page", "tex", "functions", "tests", "status",
                               "reason", "max_error"}  # fmt: skip
        assert (DOCS / record["page"]).exists()
        assert re.fullmatch(r"\d+\.\d+", record["number"])
        if record["status"] == "held":
            assert record["draws"] >= 3
            assert 0 <= record["max_error"] <= 1e-10
        else:
            assert record["status"] == "exempt"
            assert record["reason"]


def test_each_function_of_the_table_gives_its_symbol():
    # Break one function at a time: every symbol that it is said to give must notice.
    calls = {row.given_by for row in NOTATION.rows if row.given_by.count(".") == 1}
    for name in sorted(call for call in calls if call.split(".")[1].islower()):
        package = Broken(name.split(".")[1])
        rows = [row for row in NOTATION.rows if row.given_by == name]
        for row in rows:
            with pytest.raises((Broken.Called, Wrong)):
                given(row, samples.draws(package)[0])


def given(row, draw):
    """Return what a row of the table stands for."""
    if row.shape is None:
        return draw.function(row.path)(draw.x if row.path == "label" else draw.w[:, np.newaxis])
    at = dict.fromkeys(filter(None, (row.layer, row.slot)), 1)
    return Env(NOTATION.on(row.page), draw).look_up(row, at)


class Broken:
    """The package with one function that cannot be called."""

    class Called(Exception):
        """The function was called."""

    def __init__(self, name):
        self.name = name

    def __getattr__(self, name):
        return self.called if name == self.name else getattr(voronet, name)

    def called(self, *_, **__):
        raise self.Called


@pytest.mark.parametrize("draw", samples.draws(), ids=str)
def test_the_model_is_the_network_of_the_package(draw):
    # The derivatives come from the model: its values must be the package's own.
    same = draw.model()
    for path in ("w", "x", "losses", "loss"):
        np.testing.assert_allclose(same.value(path, None), draw.value(path, None), rtol=1e-13)
    for k in range(1, draw.net.depth + 1):
        for path in ("z", "a"):
            np.testing.assert_allclose(same.value(path, k), draw.value(path, k), rtol=1e-12)
        for path in ("weights", "biases"):
            np.testing.assert_array_equal(same.value(path, k - 1), draw.value(path, k - 1))


@pytest.mark.parametrize("draw", [d for d in samples.draws() if d.net.widths[0] == 2], ids=str)
def test_each_problem_has_a_tie(draw):
    gaps = [
        ((draw.x[:, :1] - seeds) ** 2).sum(axis=0).min()
        for seeds in (draw.rule.green, draw.rule.blue)
    ]
    assert gaps[0] == gaps[1]


@pytest.fixture
def folder(tmp_path):
    """Write small pages into a folder, and read their displays."""

    def write(**pages):
        for name, text in pages.items():
            (tmp_path / f"{name}.md").write_text(text)
        return read_pages(tmp_path)

    return write


PAGE = "---\nchapter: {}\n---\n$$\na = b\n\\label{{{}}}\n$$\n"


def test_equations_are_numbered_by_page(folder):
    displays, wrong = folder(one=PAGE.format(1, "eq:a") + PAGE.format(1, "eq:b")[15:],
                             two=PAGE.format(2, "eq:c"))  # fmt: skip
    assert [(d.label, d.number) for d in displays] == [
        ("eq:a", "1.1"), ("eq:b", "1.2"), ("eq:c", "2.1"),
    ]  # fmt: skip
    assert not wrong


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        ({"one": PAGE.format(1, "eq:a"), "two": PAGE.format(2, "eq:a")}, "eq:a is taken"),
        ({"one": PAGE.format(1, "eq:a"), "two": PAGE.format(1, "eq:b")}, "1.1 is taken"),
        ({"one": PAGE.format(1, "eq:a") + "\\eqref{eq:z}"}, "eq:z} is no label"),
        ({"one": PAGE.format(1, "eq:a").split("---\n")[2]}, "chapter"),
        ({"one": "---\nchapter: 1\n---\n$$\na = b\n$$\n"}, "label"),
        ({"one": "---\nchapter: 1\n---\n$$\na = b\n"}, "not closed"),
    ],
)
def test_labels_that_do_not_fit_are_reported(folder, pages, message, tmp_path):
    _, wrong = folder(**pages)
    assert len(wrong) == 1
    assert message in wrong[0]
    assert re.match(rf"{tmp_path.name}/(one|two)\.md:\d+:\d+: ", wrong[0])


def test_a_reference_to_a_near_label_is_told_the_label(folder):
    _, wrong = folder(one=PAGE.format(1, "eq:moment") + "See \\eqref{eq:moments}.\n")
    assert wrong[0].endswith("one.md:8:5: \\eqref{eq:moments} is no label; did you mean eq:moment?")


def test_a_message_names_line_column_and_identifiers(folder):
    text = "- A list:\n\n    $$\n    K\n    &= p\n    \\label{eq:a}\n    $$\n"
    formulas, _ = folder(one=f"---\nchapter: 1\n---\n{text}")
    message = verdict(formulas[0], NOTATION, Samples(samples.draws()[:1]))
    assert message.startswith(f"{formulas[0].path}:8:8: (1.1) eq:a: left 3, right 48, at widths")
    assert message.endswith("(K is net.depth = 3; p is net.size = 48)")


def test_a_failure_is_shown_on_the_smallest_problem_that_has_it(folder):
    formulas, _ = folder(one=PAGE.format(1, "eq:a").replace("a = b", "L = 2 \\ell_i"))
    message = verdict(formulas[0], NOTATION, Samples.make(samples))
    assert "left 0.125, right 0.25, at widths (1, 1, 1), n = 1, i = 1: L = 2 \\ell_i " in message
    # With two outputs and all the rest as before, nothing smaller fails.
    formulas, _ = folder(one=PAGE.format(1, "eq:a").replace("a = b", "n_K = 1"))
    assert "left 2, right 1, at widths (1, 1, 2), n = 1: " in verdict(
        formulas[0], NOTATION, Samples.make(samples)
    )


def test_inequalities_are_drawn_over_magnitudes_and_bounds_called_sharp_are_attained(folder):
    def ask(tex, draws):
        formulas, _ = folder(one=PAGE.format(1, "eq:a").replace("a = b", tex))
        return verdict(formulas[0], NOTATION, draws)

    everything = Samples.make(samples)
    assert not isinstance(ask("% sharp\n|g_r| \\le \\|g\\|", everything), str)
    assert "comes nearer to the bound than 0.5" in ask("% sharp\n|g_r| \\le 2 \\|g\\|", everything)
    narrow = Samples(everything.draws, everything.draws[:1])
    assert "not 10^6" in ask("|g_r| \\le \\|g\\|", narrow)
    # Numbers count as vectors do; the example shown lies beyond the bound, not merely far from it.
    assert "z is drawn over 10^1" in ask("\\sigma'(z) < \\tfrac14", everything)
    assert "L is drawn over 10^1.8" in ask("L < 1", everything)
    left, right = re.search(
        "left (.*), right (.*) in", ask("|m_t| \\le 2 (1 - \\beta_1) \\|g_t\\|", everything)
    ).groups()
    assert float(left) > float(right)


@pytest.mark.slow
def test_at_most_three_displays_are_exempt(report):
    exempt = [record.label for record in report.records if record.status == "exempt"]
    assert exempt == ["eq:stopping"]


@pytest.mark.slow
def test_formulas_in_sentences_are_counted_by_what_became_of_them(report):
    found = Counter(record.status for record in report.formulas)
    assert found["held"] > 60
    exempt = [record.reason for record in report.formulas if record.status == "exempt"]
    assert len(exempt) == found["exempt"] <= 16
    assert set(found) == {"held", "exempt", "condition"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            r"loss $\ell = \tfrac12 \sum_j (a_j^{(K)} + y_j)^2$.",
            "left 0.125, right 1.125, at widths",
        ),
        (r"- in $L = 2 L$, a list", "one.md:1:11: $L = 2 L$: left 0.125, right 0.25"),
        (r"| a | $p = p + 1$ |", "one.md:1:12: $p = p + 1$: left 4, right 5"),
        (r"$W_3 = 0$<!-- exempt: wish, why not -->", "exempt: 'wish' given; allowed: illustration"),
        (r"$k = 1$<!-- exempt: supposed, so -->", "it is a condition or a name"),
        (r"$L = 2 L$<!-- example: netwrk -->", "no example netwrk; did you mean network?"),
        ("<!-- example: network -->\n\n$L = 0.0964$", "left 0.09625, right 0.0964, at the example"),
        (r"$a = 2 \sigma(z)$<!-- let --> gives $a = \sigma(z)$", "right 0.5"),
        (r"$L = 5$<!-- let -->", "`let` gives a new name, and L is no new one"),
        (r"$\sigma(z) = z$<!-- let -->", "\\sigma(z) is no new one"),
        (r"$\ell_i \approx 7 L$", "states no identity"),
        (r"$L \propto 7 p$", "states no identity"),
        (r"$2 L \ne L + L$", "left 0.25, right 0.25, at widths"),
        (r"$L(w + u) = L(w) + O(\|w\|)$", "nothing in O(…) is arbitrary, to be made small"),
        (r"$L(w + u) \ne L(w) + O(\|u\|)$", "one O(…) stands on the right of one equals sign"),
        (r"$C_r = \{ y : \|x - G_r\| \le \|x - G_l\| \text{ for every } l \}$", "speak of y"),
    ],
)
def test_a_wrong_formula_in_a_sentence_is_refused(folder, text, says):
    formulas, _ = folder(one=text)
    assert says in verdict(formulas[-1], NOTATION, Samples.make(samples))


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (r"loss $\ell = \tfrac12 \sum_j (a_j^{(K)} - y_j)^2$.", "held"),
        (r"$k = 1, \dots, K$", "condition"),
        (r"$C = 3$", "condition"),
        (r"$W_3 = 0$<!-- exempt: supposed, so -->", "exempt"),
        ("<!-- example: network -->\n\n$L = 0.0963$", "held"),
        ("<!-- example: network, sample 2 -->\n\n$a^{(1)} = (\\tfrac14, \\tfrac12)^\\top$", "held"),
        (r"$a = 2 \sigma(z)$<!-- let --> gives $a / 2 = \sigma(z)$", "held"),
    ],
)
def test_a_right_formula_in_a_sentence_is_held_or_left_alone(folder, text, status):
    formulas, _ = folder(one=text)
    assert verdict(formulas[-1], NOTATION, Samples.make(samples)).status == status


def test_a_formula_in_a_script_has_its_own_column(tmp_path):
    (tmp_path / "run.py").write_text("# %% [markdown]\n# Here $L = 2 L$, $L = 2 L$.\n")
    formulas, _ = read_pages(tmp_path)
    assert [(formula.line, formula.column) for formula in formulas] == [(2, 9), (2, 20)]


def test_formulas_of_docstrings_are_read_with_the_symbols_of_their_page(tmp_path):
    package, docs = tmp_path / "net", tmp_path / "docs" / "derive"
    for folder in (package, docs):
        folder.mkdir(parents=True)
    (docs / "descent.md").write_text("# Descent\n")
    notes = "Notes\n    -----\n    $w_t = w_{t-1} - 2 \\eta g_t$, so $t = 1$"
    (package / "descent.py").write_text(f'def step():\n    r"""Step.\n\n    {notes}\n    """\n')
    found = list(read_docstrings(package, tmp_path / "docs"))
    assert [(f.path, f.line, f.column, f.kind) for f in found] == [
        ("net/descent.py", 6, 6, "docstring"), ("net/descent.py", 6, 39, "docstring"),
    ]  # fmt: skip
    wrong, condition = (verdict(formula, NOTATION, Samples.make(samples)) for formula in found)
    assert "is descent.w[1] = " in wrong
    assert "chooses a number, and states nothing of step" in condition


def test_every_equation_in_the_notes_of_a_docstring_is_one_that_is_held():
    for name, thing in public_callables():
        _, _, notes = inspect.getdoc(thing).partition("\nNotes\n-----\n")
        notes = re.sub(r"\$[^$]*\$|`[^`]*`", "", notes.partition("\nExamples\n")[0])
        for line in notes.splitlines():
            assert not re.search("[=<>≤≥∂∇Σ]", line), f"{name}: write with dollars: {line}"


def test_a_formula_of_a_docstring_can_be_read_in_a_terminal():
    plain = {"sum", "min", "sqrt", "hat", "top", "mathrm", "text"}
    for formula in IN_DOCSTRINGS:
        strange = set(re.findall(r"\\([a-zA-Z]+)", formula.tex)) - plain
        assert not strange, f"{formula.locate()}: {strange} in {formula.tex}"


def test_every_function_that_gives_a_symbol_has_its_equation_in_its_docstring():
    gives = {row.given_by.split(".")[1] for row in NOTATION.rows if row.given_by}
    lacking = gives - {formula.owner for formula in IN_DOCSTRINGS} - {"show"}
    assert not lacking, f"no equation in the docstring of {lacking}"


@pytest.mark.parametrize(
    ("owner", "old", "new", "says"),
    [
        ("Adam", "m_{t-1} + (1", "m_{t-1} - (1", "left .* right "),
        ("Adam", r"\sqrt{\hat v_t}", r"\hat v_t", "left .* right "),
        ("GradientDescent", "- η g_t", "+ η g_t", "left .* right "),
        ("VoronoiRule", "= 0", "= 1", "left .* right "),
        ("backpropagate", "k < K", "k < K - 1", "its condition leaves out k = K - 1"),
        ("backpropagate", "⊙ σ'(z^{(k)})", "σ'(z^{(k)})", "matrix product of shapes"),
        ("stochastic_gradient", "∇L", "2 ∇L", "left .* right "),
        ("gradient", "∂L/∂W_k", "∂L/∂W_K", "left .* right "),
        ("sigmoid", "σ(0) = 1/2", "σ(0) = 1/3", "left 0.5, right 0.33"),
        ("one_hot", r"y_i = (1, 0)^\top", r"y_i = (0, 1)^\top", "left .* right "),
        ("forward", "W_k a^{(k-1)} + b_k", "b_k + W_k a^{(k-1)}", ""),
    ],
)  # fmt: skip
def test_a_mistake_in_a_docstring_is_found_with_its_line(owner, old, new, says):
    (formula,) = [f for f in IN_DOCSTRINGS if f.owner == owner and old in f.tex]
    line = formula.path, formula.line
    assert old in (ROOT / line[0]).read_text(encoding="utf-8").splitlines()[line[1] - 1]
    changed = replace(formula, tex=formula.tex.replace(old, new))
    found = verdict(changed, NOTATION, Samples.make(samples))
    if says:
        assert re.match(rf"{line[0]}:{line[1]}:\d+: .*{says}", str(found), re.DOTALL), found
    else:
        assert not isinstance(found, str), found


def test_an_equation_belongs_to_the_function_whose_docstring_it_stands_in():
    (formula,) = [f for f in IN_DOCSTRINGS if f.owner == "GradientDescent"]
    found = verdict(replace(formula, owner="sigmoid"), NOTATION, Samples.make(samples))
    assert "in the docstring of sigmoid, which gives none of its symbols" in found


def test_a_formula_without_two_sides_states_nothing(folder):
    text = r"a $\le$, a $w \leftarrow$, a $\sum_{s=1}^{t}$, `$a = b$` and $\delta^{(k)}$"
    assert folder(one=text) == ([], [])


@pytest.mark.parametrize(
    ("what", "labels"),
    [
        ("eq:loss", ["eq:loss"]),
        (
            "docs/derive/train.md",
            ["eq:gradient-norm", "eq:gradient-norm-layers", "eq:stopping", "eq:entry-norm"],
        ),
    ],
)  # fmt: skip
def test_only_what_is_asked_for_is_checked(what, labels):
    assert [record.label for record in check_only(SITE, what) if record.label] == labels


def test_an_unknown_label_is_told_the_nearest():
    assert check_only(SITE, "eq:los") == [
        "eq:los is neither a label nor a page with equations; did you mean eq:loss?"
    ]


def test_code_on_a_page_holds_no_equations(folder):
    fenced = "```\n$$\na = b\n$$\n\\eqref{eq:z}\n```\nand `\\eqref{eq:z}`\n"
    assert folder(one=fenced) == ([], [])


def test_a_script_holds_equations_in_its_markdown_cells(tmp_path):
    script = tmp_path / "run.py"
    script.write_text("# %% [markdown]\n# $$\n# a = b\n# $$\n# %%\nprint('$$')\n")
    assert text_of(script) == "\n$$\na = b\n$$\n\n\n"
