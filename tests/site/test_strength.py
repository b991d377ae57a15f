"""How strong the check is: single tokens changed, and functions broken under marked tests."""

import re

import pytest

from literate.equations.check import find_marked_tests
from literate.equations.mutate import find_changes, judge
from literate.equations.pages import Formula
from voronet_site import ROOT, mistakes
from voronet_site.checked import report
from voronet_site.strength import Markers, Tokens, digest, list_held, name_formula

pytestmark = pytest.mark.slow

# What these equations say is true of any numbers, so no wrong function can break it.
ANY_NUMBERS = {"eq:entry-norm", "eq:least-square"}
# The lock does not have it: this test runs where it is installed, and is not recorded.
NEED_TORCH = {"tests/test_adam.py::test_live_steps_of_torch"}


def test_every_kind_of_token_is_changed():
    notation = mistakes.notation()
    tex = "L = \\frac{1}{n} \\, p + \\eta\n\\label{eq:a}"
    formula = Formula("eq:a", "1.1", "derive/loss.md", tex)
    changes = dict(find_changes(formula, notation))
    whats = {re.sub(r" at \d+", "", what) for what in changes}
    assert {"- for +", "2 for 1", "0 for 1", "n for L", r"\eta for p", r"\ne for ="} <= whats
    assert {r"\, left out", "{ left out", "+ left out"} <= whats
    assert not any("label" in what for what in whats)
    assert changes["- for + at 21"] == tex.replace("+", "-")


@pytest.mark.parametrize(
    ("label", "old", "new", "outcome"),
    [
        ("eq:loss", r"\frac{1}{n} \sum", r"\frac{2}{n} \sum", "value"),
        ("eq:loss", r"\frac{1}{n} \sum", r"\frac{1}n} \sum", "no meaning"),
        ("eq:pre-activation", "W_k", "W_j", "no meaning"),
        ("eq:pre-activation", r"W_k \, ", "W_k  ", "equivalent"),
        ("eq:delta-hidden", r"\dots, 1", r"\dots, 2", "value"),
        ("eq:descent-gain", "w_t - w_{t-1}", "-w_{t-1} + w_t", "equivalent"),
        ("eq:loss", r"\frac{1}{2n}", r"\frac{2}{4n}", "missed"),
    ],
)
def test_a_change_is_judged_by_what_the_check_makes_of_it(label, old, new, outcome):
    formulas, notation = mistakes.read_site(), mistakes.notation()
    changed = mistakes.edited(formulas[label].tex, old, new)
    assert judge(formulas[label], changed, notation, mistakes.draw_samples()) == outcome


def test_the_check_catches_nearly_every_change_to_something_false():
    tokens = Tokens()
    assert tokens.counts["value"] > 2000
    assert tokens.share >= 0.99, tokens.counts
    unseen = {
        name_formula(f) for f in list_held() if tokens.formulas.get(name_formula(f)) != digest(f)
    }
    assert not unseen, f"run {tokens.command}, which did not see {sorted(unseen)}"


def test_every_marked_test_notices_a_broken_function_of_its_equation():
    record = Markers()
    held = {found.label for found in report().records if found.status == "held"}
    again = f"run {record.command}"
    assert set(record.skipped) <= NEED_TORCH
    for label, tests in find_marked_tests(ROOT / "tests").items():
        for test in tests:
            name = f"{test.path}::{test.name}"
            if label not in held - ANY_NUMBERS or name in NEED_TORCH:
                continue
            marker = record.markers.get(f"{label} {name}")
            assert marker, f"{test.place}: the marker {label} is new: {again}"
            assert marker["noticed"], f"{test.place}: passes with the functions of {label} broken"
            assert marker["source"] == test.digest, f"{test.place}: {name} has changed: {again}"
