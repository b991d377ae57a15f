"""The record of mutation testing adds up, and the page of checks says what it says."""

import hashlib
import json
import re
from datetime import date

import pytest

from voronet_site import DOCS, ROOT
from voronet_site.mutation import RECORD, Mutation

SOURCES = {"a.py": "x = 1\n", "b.py": "y = 2\n"}


def alive(name, why):
    return {"mutant": name, "change": ["-    x < 1", "+    x <= 1"], "why": why}


@pytest.fixture
def record():
    """Write a record by hand: of ten mutants, seven killed, one stopped, two alive."""
    counts = ("seconds", "made", "killed", "timed_out", "survived")
    rows = {"a.py": (90, 6, 4, 1, 1), "b.py": (30, 4, 3, 0, 1)}
    survivors = {
        "a.py": [alive("a.x_f__mutmut_1", "Nobody can <see> it.")],
        "b.py": [alive("b.x_g__mutmut_2", "Nobody can <see> it.")],
    }
    modules = {
        name: {
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            **dict(zip(counts, rows[name], strict=True)),
            "passed_over": ["w"] if name == "a.py" else [],
            "survivors": survivors[name],
        }
        for name, text in SOURCES.items()
    }
    return {"command": "run it", "date": "2026-11-23", "tool": "tool 1", "modules": modules}


@pytest.fixture
def folder(tmp_path):
    """Write the two modules as they were."""
    for name, text in SOURCES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_score_is_the_share_of_those_noticed(record, folder):
    mutation = Mutation(record, folder)
    assert (mutation.total("made"), mutation.noticed, mutation.score) == (10, 8, 0.8)
    assert mutation.minutes == 2
    # Another record gives another score.
    record["modules"]["b.py"] |= {"killed": 4, "survived": 0, "survivors": []}
    assert Mutation(record, folder).score == 0.9


def test_the_table_has_a_row_for_each_module_and_the_sums(record, folder):
    table = Mutation(record, folder).table()
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in table.split("<tr>")[2:]]
    assert rows == [
        ["<code>a.py</code>", "6", "4", "1", "1"],
        ["<code>b.py</code>", "4", "3", "0", "1"],
        ["together", "10", "7", "1", "2"],
    ]


def test_modules_that_have_changed_are_named(record, folder):
    mutation = Mutation(record, folder)
    assert mutation.since == "No module has changed since."
    (folder / "b.py").write_text("y = 3\n")
    assert mutation.since == "One module has changed since: <code>b.py</code>."
    (folder / "a.py").unlink()
    assert mutation.since.startswith("2 modules have changed since: <code>a.py</code>, ")


def test_an_argument_stands_once_with_all_that_it_speaks_for(record, folder):
    mutation = Mutation(record, folder)
    text = mutation.arguments()
    assert text.count("<details>") == text.count("Nobody can &lt;see&gt; it.") == 1
    for name in ("a.x_f__mutmut_1", "b.x_g__mutmut_2"):
        assert f"<code>{name}</code>" in text
    assert text.count("+    x &lt;= 1") == 2


def test_what_was_not_tried_is_named(record, folder):
    mutation = Mutation(record, folder)
    assert mutation.passed_over == "<code>w</code>"
    record["modules"] = {
        str(path.relative_to(ROOT)): record["modules"]["a.py"]
        for path in (ROOT / "voronet").rglob("*.py")
        if path.name != "data.py"
    }
    assert Mutation(record, folder).left_out == "<code>voronet/data.py</code>"


@pytest.mark.parametrize(
    ("page", "values"),
    [
        ("checks.md", ("score", "since", "date", "command")),
        ("lists.md", ("table()", "arguments()", "left_out", "passed_over")),
    ],
)
def test_the_pages_take_their_numbers_from_the_record(page, values):
    text = (DOCS / page).read_text()
    for value in values:
        assert f"{{{{= mutation.{value}" in text, value


@pytest.fixture(scope="module")
def recorded():
    """Read the record of the project."""
    return json.loads(RECORD.read_text(encoding="utf-8"))


def test_the_record_says_where_it_comes_from(recorded):
    assert recorded["command"] == "python -m docs.run.recorded.mutation"
    assert date.fromisoformat(recorded["date"]) >= date(2026, 11, 1)
    assert re.fullmatch(r"mutmut \d+\.\d+\.\d+", recorded["tool"])
    assert re.fullmatch(r"[0-9a-f]{7,}", recorded["commit"])
    for name, module in recorded["modules"].items():
        assert re.fullmatch(r"[0-9a-f]{64}", module["sha256"]), name


def test_the_counts_of_the_record_add_up(recorded):
    for name, module in recorded["modules"].items():
        ended = module["killed"] + module["timed_out"] + module["survived"]
        assert ended == module["made"] > 0, f"{name}: {ended} of {module['made']} ended"
        assert len(module["survivors"]) == module["survived"], name


def test_every_survivor_of_the_record_has_an_argument(recorded):
    for name, module in recorded["modules"].items():
        dotted = name.removesuffix(".py").replace("/", ".")
        for one in module["survivors"]:
            assert one["mutant"].startswith(f"{dotted}.x"), one["mutant"]
            assert {line[0] for line in one["change"]} == {"-", "+"}, one["mutant"]
            assert len(one["why"].split()) >= 5, f"{one['mutant']} has no argument"


def test_the_mathematics_was_tried(recorded):
    tried = {name.removeprefix("voronet/") for name in recorded["modules"]}
    assert tried >= {
        *("data.py", "network.py", "loss.py", "backprop.py", "adam.py", "descent.py"),
        *("fast.py", "train.py", "run.py", "study.py", "_check.py"),
    }
