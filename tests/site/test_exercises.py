"""The exercises: a solution passes its check, and what is wrong is told what is wrong with it."""

import ast
import math
import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from literate.guards import INCLUDE
from literate.program import Module
from voronet_site import DOCS, ROOT
from voronet_site.so_far import programs

FOLDER = ROOT / "docs" / "_tools" / "voronet_site" / "exercises"
CHAPTERS = [path.stem for path in sorted((DOCS / "derive").glob("*.md"))]
MODULES = {chapter: import_module(f"voronet_site.exercises.{chapter}") for chapter in CHAPTERS}
EXERCISES = [
    pytest.param(chapter, answer.__name__, id=f"{chapter}-{answer.__name__}")
    for chapter, module in MODULES.items()
    for answer in module.WRONG
]
MISTAKES = [
    pytest.param(chapter, answer.__name__, message, id=f"{answer.__name__}: {message}")
    for chapter, module in MODULES.items()
    for answer, wrong in module.WRONG.items()
    for message in wrong
]
FOLD = re.compile(r'^\?\?\? (hint|solution) "(?:Hint|Solution): (.+)"$', re.MULTILINE)
TITLE = re.compile(r"^\*\*(.+?)[.?]\*\*", re.MULTILINE)


def cut(chapter, section):
    """Return a section of the exercises of a chapter, as the page shows it."""
    module = Module(FOLDER / f"{chapter}.py")
    return module.cut(*module.section(section))


def run(chapter, name, answer_section):
    """Run a check on an answer, both at the end of the reader's file of the chapter."""
    space = {"__name__": __name__}
    sections = [cut(chapter, section) for section in (answer_section, f"check_{name}")]
    exec("\n\n\n".join([programs()[f"derive/{chapter}.md"], *sections]), space)
    space[f"check_{name}"](space[name])


@pytest.mark.parametrize(("chapter", "name"), EXERCISES)
def test_a_solution_passes_its_check_in_the_package_and_in_the_file_so_far(chapter, name):
    module = MODULES[chapter]
    getattr(module, f"check_{name}")(getattr(module, name))
    run(chapter, name, name)


@pytest.mark.parametrize(("chapter", "name"), EXERCISES)
def test_a_stub_fails_and_says_what_is_asked(chapter, name):
    with pytest.raises(AssertionError, match=r"^nothing is returned yet$"):
        run(chapter, name, f"{name}-stub")
    assert '"""' in cut(chapter, f"{name}-stub")


@pytest.mark.parametrize(("chapter", "name", "message"), MISTAKES)
def test_a_known_wrong_answer_gets_its_own_message(chapter, name, message):
    module = MODULES[chapter]
    wrong = module.WRONG[getattr(module, name)][message]
    with pytest.raises(AssertionError) as caught:
        getattr(module, f"check_{name}")(wrong)
    assert str(caught.value) == message


@pytest.mark.parametrize(("chapter", "name"), EXERCISES)
def test_every_message_of_a_check_has_a_wrong_answer(chapter, name):
    module = MODULES[chapter]
    said = set(find_messages(cut(chapter, f"check_{name}")))
    assert said == {"nothing is returned yet", *module.WRONG[getattr(module, name)]}


def find_messages(code):
    """Yield what a check says, whether it asserts or raises."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Assert):
            yield node.msg.value
        elif isinstance(node, ast.Raise):
            yield node.exc.args[0].value


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_page_shows_all_exercises_of_its_file_and_no_others(chapter):
    text = (DOCS / "derive" / f"{chapter}.md").read_text(encoding="utf-8")
    path = (FOLDER / f"{chapter}.py").relative_to(ROOT).as_posix()
    shown = [match.groups() for match in map(INCLUDE.match, text.split("\n")) if match]
    shown = [(file, section) for file, section in shown if "exercises" in Path(file).parts]
    asked = [answer.__name__ for answer in MODULES[chapter].WRONG]
    assert shown == [
        (path, section) for name in asked for section in (f"{name}-stub", f"check_{name}", name)
    ]
    sections = {section for _, section in shown}
    file = (FOLDER / f"{chapter}.py").read_text(encoding="utf-8")
    assert set(re.findall(r"\[start:(.+)\]", file)) == sections


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_exercise_has_a_hint_and_a_solution_that_are_closed(chapter):
    text = (DOCS / "derive" / f"{chapter}.md").read_text(encoding="utf-8")
    part = text.partition("\n## Exercises\n")[2].partition("\n## ")[0]
    titles = TITLE.findall(part)
    assert 2 <= len(titles) <= 4
    wanted = [(kind, title) for title in titles for kind in ("hint", "solution")]
    assert FOLD.findall(part) == wanted
    assert "???+" not in part


@pytest.mark.slow
def test_the_numbers_of_the_questions_come_out_in_another_way():
    numbers = {name: import_module(f"voronet_site.values.{name}") for name in CHAPTERS}
    # The mean of 5,000 counts of about one.
    found = numbers["data"]
    assert abs(found.counted.mean - found.expected) < 5 * math.sqrt(found.expected / 5000)
    # The loss of all pairs of outputs in steps of 1/60, where 2 points of 3 are green.
    steps = np.linspace(0, 1, 61)
    one = (2 * (steps - 1) ** 2 + steps**2) / 6
    losses = one[:, np.newaxis] + one[::-1]
    assert losses.min() == pytest.approx(numbers["loss"].least)
    best = np.unravel_index(losses.argmin(), losses.shape)
    assert steps[list(best)] == pytest.approx(numbers["loss"].constant)
    # The slopes of three units in a row, by central differences.
    log3 = math.log(3)

    def follow(*moves):
        a = 1.0
        for weight, move in zip((1, 4 / 3, 4 / 3), moves, strict=True):
            a = 1 / (1 + math.exp(-(weight * log3 * a + move)))
        return (a - 1) ** 2 / 2

    for k in range(3):
        up, down = ([sign * 1e-5 * (j == k) for j in range(3)] for sign in (1, -1))
        slope = (follow(*up) - follow(*down)) / 2e-5
        assert numbers["backprop"].longer.delta[k] * log3 ** (2 - k) == pytest.approx(slope)
    assert numbers["backprop"].longer.factor == pytest.approx(log3 / 4)
    # Both directions shrink by the same factor.
    assert numbers["descent"].valley.steps == math.ceil(math.log(1000) / math.log(101 / 99))
    assert numbers["adam"].there_and_back.back == pytest.approx(0.1 / 1.9)
    assert numbers["train"].recorded == [0, 100, 200, 250]
    assert numbers["train"].kept.bytes == (100_000 // 100 + 1) * 48 * 8
    # Layer by layer: forward and back to the weights, and back to the units below.
    pairs = [(2, 2), (2, 16), (16, 2)]
    count = sum(4 * m * (k + 1) for k, m in pairs) + sum(2 * m * k for k, m in pairs[1:])
    assert numbers["fast"].count_products(numbers["fast"].wide) == count
