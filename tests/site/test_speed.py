"""The page on speed shows what was recorded, and the benchmark compares like with like."""

import json
import re
import subprocess
import sys
from datetime import date
from importlib.util import find_spec
from statistics import median

import pytest

from tests.benchmarks import speed as benchmark
from tests.benchmarks.contenders import CONTENDERS
from voronet.show import LIGHT
from voronet_site import DOCS, ROOT
from voronet_site.figures import speed as figures
from voronet_site.values import speed as page

RECORD = json.loads((DOCS / "run" / "recorded" / "speed.json").read_text())


def values(what, who, n, networks=1):
    """Read the repetitions of one line."""
    (found,) = (
        line["values"]
        for line in RECORD["measured"]
        if [line["what"], line["who"], line["n"], line["networks"]] == [what, who, n, networks]
    )
    return found


def quotient(ours, theirs):
    """Divide, round by round, by a loop."""
    return [a / b for a, b in zip(ours, theirs, strict=True)]


# --- the record -----------------------------------------------------------------------


def test_the_record_says_where_it_comes_from():
    assert RECORD["command"] == benchmark.COMMAND == "python -m tests.benchmarks.speed"
    assert date.fromisoformat(RECORD["date"]) >= date(2026, 11, 23)
    assert RECORD["python"].startswith("3.")
    assert {"numpy", "torch", "jax", "jaxlib", "scikit-learn"} <= set(RECORD["versions"])
    assert RECORD["processor"]
    assert "blas" in RECORD["blas"].lower()
    assert RECORD["seconds"] > 60, "so short a run measured less than it should"


def test_all_repetitions_are_kept():
    sizes = {line["n"] for line in RECORD["measured"] if line["what"] == "step"}
    assert sizes == {100, 500, 2_000, 20_000}
    for line in RECORD["measured"]:
        assert len(line["values"]) >= 5, line
        assert all(value > 0 for value in line["values"]), line
        assert line["unit"] in ("µs", "s", "MB"), line
    for n in sizes:
        for who in ("voronet", "plain", "torch", "jax", "sklearn"):
            assert len(values("step", who, n)) >= 5


def test_all_did_the_same_work():
    apart = RECORD["losses apart"]
    assert set(apart) == {"n = 100", "n = 500", "n = 2000", "n = 20000", "64 networks"}
    assert max(apart.values()) <= 1e-8


# --- what the page shows of it --------------------------------------------------------


def test_the_goals_are_those_ratios():
    step = {
        (who, n): values("step", who, n)
        for who in ("voronet", "torch", "jax")
        for n in (100, 500, 2_000, 20_000)
    }
    many = values("restarts", "voronet", 100, 64)
    cold = values("cold", "voronet", 100)
    wanted = [
        *((quotient(step["voronet", n], step["torch", n]), m) for n, m in
          ((100, 0.15), (500, 0.2), (2_000, 0.35))),
        *((quotient(step["voronet", n], step["jax", n]), m) for n, m in
          ((500, 2), (2_000, 1.3), (20_000, 1))),
        (quotient(cold, values("cold", "jax", 100)), 0.35),
        (quotient(cold, values("cold", "torch", 100)), 0.2),
        (quotient(many, values("restarts", "jax", 100, 64)), 1),
        (quotient(many, values("restarts", "jax", 100)), 0.75),
        (quotient(step["voronet", 20_000], values("step", "exponentials", 20_000)), 3),
        ([large / 1_000_000 / (small / 10_000) for large, small in zip(
            values("samples", "voronet", 1_000_000),
            values("samples", "voronet", 10_000), strict=True)], 1.2),
        (values("memory", "voronet", 1_000_000), 250),
        ([100 * (each - 1) for each in quotient(
            values("overhead", "voronet", 100), values("overhead", "bare steps", 100))], 3),
    ]  # fmt: skip
    rows = [row.split("|")[1:-1] for row in page.goals().splitlines()[2:]]
    assert len(rows) == len(wanted)
    for (what, middle, most, verdict, spread), (ratios, allowed) in zip(rows, wanted, strict=True):
        shown = [
            float(number.replace(",", "").replace("−", "-"))
            for number in re.findall(r"[−\d.,]+", f"{middle} {spread} {most}")
        ]
        expected = [median(ratios), min(ratios), max(ratios), allowed]
        # Three figures are shown, or two after the point.
        assert shown == pytest.approx(expected, rel=0.006, abs=0.0051), what
        kept = median(ratios) <= allowed
        assert verdict.strip() == ("met" if kept else "**missed**"), what
        assert (what.strip() in page.missed) == (not kept), what


def test_the_table_of_times_holds_the_medians():
    rows = [row.split("|")[1:-1] for row in page.microseconds().splitlines()]
    sizes = [int(head.split()[0].replace(",", "")) for head in rows[0][1:]]
    for (_, *cells), who in zip(
        rows[2:], ("voronet", "plain", "torch", "jax", "sklearn"), strict=True
    ):
        for cell, n in zip(cells, sizes, strict=True):
            shown = float(cell.replace(",", ""))
            expected = median(values("step", who, n))
            assert shown == pytest.approx(expected, rel=0.006), f"{who} at n = {n}"


def drawn(figure, colour, marker):
    """Read the places of the marks of one kind, in the order in which they were drawn."""
    (ax,) = figure.axes
    return [
        (list(line.get_xdata()), list(line.get_ydata()))
        for line in ax.lines
        if line.get_marker() == marker and line.get_color() == colour
    ]


def test_the_figures_show_every_repetition():
    one, whole = figures.one_network(), figures.whole()
    for who, colour in (("torch", LIGHT.blue), ("jax", LIGHT.accent), ("sklearn", LIGHT.green)):
        marks = drawn(one, colour, "_")
        for n, (_, heights) in zip((100, 500, 2_000, 20_000), marks, strict=True):
            ratios = quotient(values("step", "voronet", n), values("step", who, n))
            assert heights == pytest.approx(ratios), f"{who} at n = {n}"
    cold = values("cold", "voronet", 100)
    many = values("restarts", "voronet", 100, 64)
    for colour, wanted in (
        (LIGHT.blue, [quotient(cold, values("cold", "torch", 100))]),
        (
            LIGHT.accent,
            [
                quotient(cold, values("cold", "jax", 100)),
                quotient(many, values("restarts", "jax", 100, 64)),
                quotient(many, values("restarts", "jax", 100)),
            ],
        ),
    ):
        marks = [places for places, _ in drawn(whole, colour, "|")]
        assert marks == [pytest.approx(ratios) for ratios in wanted]
        middles = [places[0] for places, _ in drawn(whole, colour, "o")]
        assert middles == pytest.approx([median(ratios) for ratios in wanted])


def test_every_mark_is_inside_its_axes():
    for figure in (figures.one_network(), figures.whole()):
        (ax,) = figure.axes
        for line in ax.lines:
            for axis, data in (
                (ax.get_xlim(), line.get_xdata()),
                (ax.get_ylim(), line.get_ydata()),
            ):
                assert all(min(axis) <= value <= max(axis) or value in (0, 1) for value in data)


# --- the benchmark --------------------------------------------------------------------


def test_each_round_times_each_contender_once():
    calls = []
    timed = [lambda name=name: calls.append(name) for name in "abc"]
    times = benchmark.interleaved(timed, 6)
    assert [len(each) for each in times] == [6, 6, 6]
    rounds = ["".join(calls[start : start + 3]) for start in range(0, 18, 3)]
    assert {"".join(sorted(each)) for each in rounds} == {"abc"}
    # Nobody is always the first.
    assert {each[0] for each in rounds} == {*"abc"}


@pytest.mark.parametrize("restarts", [1, 3])
def test_contenders_agree(restarts):
    data = benchmark.problem(60, restarts)
    names = ["voronet", "plain", "torch", "jax"] if restarts == 1 else ["voronet", "jax"]
    there = [name for name in names if name in ("voronet", "plain") or find_spec(name)]
    apart = benchmark.agreement([CONTENDERS[name](data) for name in there])
    assert apart <= 1e-12
    # A start that is another shows.
    moved = benchmark.Problem(data.x, data.y, data.w + 1e-3, data.seeds + 1)
    if restarts == 1:
        with pytest.raises(AssertionError, match="losses after 100 steps"):
            benchmark.agreement([CONTENDERS["voronet"](data), CONTENDERS["plain"](moved)])


def test_the_tests_need_no_peer():
    code = (
        "import sys, tests.benchmarks.speed, tests.benchmarks.memory; "
        "print({'torch', 'jax', 'sklearn', 'tqdm'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()", done.stdout
