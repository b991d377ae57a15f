"""Claims: sentences with a function behind them that may fail."""

import ast
import sys
from importlib import import_module
from pathlib import PurePosixPath
from types import ModuleType, SimpleNamespace

import markdown
import numpy as np
import pytest

from literate import claims
from voronet_site import DOCS, evidence


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


def spoilt(record, change):
    """Return a copy of a record in which some arrays are other ones."""
    return record | {name: make(record[name]) for name, make in change.items()}


def same(value):
    return lambda array: np.full_like(array, value)


# For each claim, the evidence that it looks at, changed so that it does not hold.
COUNTER_EVIDENCE = {
    "loss": {
        "wrong_points_are_not_saturated_on_the_plateau": ("plateau", {"flattest": 0.01}),
        "right_points_pull_as_hard_the_other_way": ("plateau", {"cosine": -0.5}),
        "two_failures_in_three_are_saturated": ("failure", {"slope": same(0.2)}),
    },
    "adam": {
        "gradients_change_little_in_ten_steps": ("early_gradients", {"change": 0.3}),
        "gradients_change_much_in_a_thousand_steps": ("gradient_lengths", {"left": [1] * 6}),
        "exchanged_betas_train_less_well": ("exchanged_betas", {"loss": 0.12}),
        "long_steps_are_ordinary": ("adam", {"longest": same(1.0)}),
        "gradients_grow_slowly_early_in_a_run": ("adam", {"growth_early": same(1.11)}),
        "no_rate_beats_the_default_clearly": (
            "adam",
            {"accuracy": lambda a: np.roll(a, 1, axis=0)},
        ),
    },
    "data": {
        "midpoints_tie_if_no_other_seed_is_nearer": ("midpoints", {"share": 1.0}),
        "points_of_a_grid_tie_where_the_seeds_lie_on_it": ("ties_on_a_grid", {"random": 3}),
    },
    "descent": {
        "noise_falls_like_one_over_the_root": ("mini_batch_noise", {"measured": [1, 1, 1, 1]}),
    },
    "fast": {
        "the_numbers_agree_in_absolute_terms": ("fast_and_plain", {"apart": [0, 0, 0, 1e-9]}),
        "saturated_units_lose_relative_accuracy": ("fast_and_plain", {"relative": [0, 0, 0, 0]}),
    },
    "failure": {
        "saturated_failures_are_the_towers": ("failure", {"loss": lambda a: a + 0.009}),
        "balanced_pulls_cancel": ("failure", {"cosine": same(-0.9)}),
        "few_failures_lie_between_the_kinds": ("failure", {"slope": same(0.02)}),
        "right_points_outweigh_saturated_ones": ("failure", {"pull_right": same(1e-30)}),
        "saturated_points_can_be_moved_alone": ("failure", {"alone_1e-30": same(1)}),
        "cross_entropy_succeeds_more_often": ("failure", {"entropy_wrong": same(1)}),
        "cross_entropy_has_few_saturated_failures": ("failure", {"entropy_slope": same(0)}),
        "larger_starts_help": ("failure", {"scale_2.0": same(0)}),
        "more_units_in_the_first_layer_help": ("failure", {"width_3": same(0)}),
        "balanced_failures_still_move": ("failure", {"patience": same(1)}),
    },
    "first_run": {
        "the_norm_follows_the_loss": ("first_run", {"together": 0.5}),
        "the_line_bends_while_the_loss_first_drops": ("first_run", {"straight": 0.9}),
    },
    "how_do_we_know": {
        "adam_hides_a_constant_factor": ("a_tenth_longer", {"adam": 1e-3}),
    },
    "how_often": {
        "most_failures_shown_miss_a_whole_cell": (
            "fifty_points",
            {"missing": [True, False, False]},
        ),
        "most_circles_and_few_crosses_still_fall": ("fifty_points", {"crosses": (20, 30)}),
    },
    "inside": {
        "the_worst_network_is_saturated": ("worst_failure", {"steepest": 0.2}),
        "the_eight_lines_nearly_coincide": (
            "worst_failure",
            {"meets": [np.array([0.2, 0.4]), np.array([0.4, 0.4])]},
        ),
        "one_line_decides": ("worst_failure", {"decides": [50] * 7 + [49]}),
        "the_wrong_points_share_a_corner": ("worst_failure", {"corner": (6, 0)}),
        "both_properties_go_with_failure_within_problems": ("failure", {"starts_alike": same(1)}),
        "units_of_failures_still_work": ("failure", {"alive": same(4)}),
    },
    "train": {
        "the_runs_converge_and_learn_nothing": (
            "long_and_short_steps",
            {"right": [[2, 3], [4, 4]]},
        ),
        "long_steps_saturate_the_units": ("long_and_short_steps", {"flat": [12, 12]}),
    },
    "paper": {
        "nearly_every_start_succeeds_on_ten_points": ("paper", {"w_10": same(0)}),
        "fewer_starts_succeed_on_eleven_points": ("paper", {"w_10": same(0)}),
    },
}


@pytest.mark.parametrize(
    ("page", "claim"),
    [(page, claim) for page in COUNTER_EVIDENCE for claim in COUNTER_EVIDENCE[page]],
)
def test_a_claim_fails_on_evidence_against_it(page, claim, monkeypatch):
    module = import_module(f"voronet_site.claims.{page}")
    name, change = COUNTER_EVIDENCE[page][claim]
    if hasattr(evidence, name):
        found = SimpleNamespace(**vars(getattr(evidence, name)()) | change)
        monkeypatch.setattr(module, name, lambda: found)
    else:
        record = spoilt(evidence.recorded(name), change)
        monkeypatch.setattr(module, "recorded", lambda _: record)
    holds, words = getattr(module, claim)()
    assert not holds, f"{claim} holds on evidence against it: {words}"
