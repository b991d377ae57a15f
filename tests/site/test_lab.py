"""The laboratory: what it offers a reader, and the files of its runtime."""

import ast
import importlib
import inspect
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from textwrap import indent
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
from bs4 import BeautifulSoup
from mkdocs.exceptions import PluginError

import voronet
from literate.equations import Samples, verdict
from literate.equations.notation import read_notation
from literate.equations.pages import read_pages
from literate.maths import typeset
from literate.sources import INCLUDED
from literate.symbols import Symbols
from voronet_site import DOCS, runtime, samples
from voronet_site.editable import find_editors, list_exercises, list_formulas, list_functions
from voronet_site.in_browser import STEPS, Trainer, judge_answer, train_briefly
from voronet_site.judge import draw_samples, judge
from voronet_site.mistakes import IN_PAGES

PACKAGE = Path(voronet.__file__).parent
SETTINGS = {
    "n": "20", "seed": "7", "widths": "2-3-2", "scale": "0.7", "optimiser": "Adam", "rate": "0.01",
    "beta1": "0.8", "beta2": "0.99", "green": "", "blue": "", "points": "",
}  # fmt: skip
OWN = {"green": "0.2 0.3 0.4 0.9", "points": "0.1 0.2 0.7 0.8 0.5 0.6"}
FUNCTIONS = list_functions()
EXERCISES = list_exercises()
FORMULAS = json.loads(list_formulas())


def without_docstrings(text):
    """Return the code of a module, as a tree without docstrings."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node):
            del node.body[0]
    return ast.dump(tree)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_source_in_its_place_is_the_module(name):
    function = FUNCTIONS[name]
    text = (PACKAGE / function["file"]).read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    own = indent(function["source"], function["indent"] * " ")
    lines[function["first"] - 1 : function["last"]] = [own]
    assert without_docstrings("".join(lines)) == without_docstrings(text)
    assert function["source"].startswith(f"def {name.split('.')[-1]}(")
    assert (runtime.ROOT / "tests" / f"test_{function['file']}").is_file()


def test_each_mistake_changes_its_function():
    for name, function in FUNCTIONS.items():
        for mistake in function["mistakes"]:
            assert mistake["old"] in function["source"], f"{name}: {mistake['what']}"
    assert len(FUNCTIONS["Adam.step"]["mistakes"]) > 3


def test_functions_and_exercises_have_names_of_their_own():
    assert FUNCTIONS.keys().isdisjoint(EXERCISES)
    assert len(EXERCISES) > 15


@pytest.mark.parametrize("name", EXERCISES)
def test_the_check_of_an_exercise_judges_the_answer_alone(name):
    told = []
    chapter, stub = EXERCISES[name]["chapter"], EXERCISES[name]["source"]
    module = importlib.import_module(f"voronet_site.exercises.{chapter}")
    for source in (inspect.getsource(getattr(module, name)), stub):
        judge_answer(chapter, name, source, lambda *said: told.append(said))
    check = f"check_{name}"
    assert told == [(check, True, ""), (check, False, "nothing is returned yet")]
    # The solution of the module does not stand in for an answer of another name.
    with pytest.raises(NameError, match=rf"^{name} is not defined$"):
        judge_answer(chapter, name, "x = 1", told.append)


def test_an_error_in_an_answer_is_named():
    told = []
    source = "def find_bisector(green, blue):\n    return 1 / 0, green"
    judge_answer("data", "find_bisector", source, lambda *said: told.append(said))
    assert told == [("check_find_bisector", False, "ZeroDivisionError: division by zero")]


def test_the_short_run_is_that_of_the_package():
    found = train_briefly()
    rng = np.random.default_rng(0)
    rule, x = voronet.VoronoiRule.random(rng), voronet.sample_points(50, rng)
    y = voronet.one_hot(rule.label(x))
    run = voronet.train(x, y, optimiser=voronet.Adam(0.02), seed=rng, rule=rule, max_steps=STEPS)
    assert run.steps[-1] == STEPS
    np.testing.assert_allclose(found["loss"], run.loss[-1], rtol=1e-6)
    right = ((voronet.decision(run.net, run.w, x) > 0.5) == (y[1] == 1)).sum()
    assert found["right"] == right > 25
    np.testing.assert_array_equal(found["points"].reshape(-1, 2).T, x)


def test_the_short_run_says_what_stops_it(monkeypatch):
    def fail(*_):
        raise FloatingPointError("too far")

    monkeypatch.setattr(sys.modules["voronet.train"], "gradient", fail)
    assert train_briefly() == {"error": "FloatingPointError: too far"}


def test_each_shown_function_that_can_be_edited_links_to_its_editor():
    addresses = find_editors()
    shown = set()
    for path in sorted((DOCS / "derive").glob("*.md")):
        shown |= {":".join(pair) for pair in INCLUDED.findall(path.read_text(encoding="utf-8"))}
    for name in FUNCTIONS | EXERCISES:
        assert any(f"?edit={name}#" in addresses[place] for place in shown & addresses.keys()), name
    assert addresses["voronet/data.py:label"].startswith("lab.md?edit=VoronoiRule.label#")


def test_a_changed_or_missing_file_stops_the_build(tmp_path):
    path = tmp_path / "pyodide.mjs"
    for harm in (lambda: None, lambda: path.write_bytes(b"export {}")):
        harm()
        with pytest.raises(PluginError, match=r"pyodide\.mjs: not the file that"):
            runtime.read_verified(path)


def test_without_npm_there_is_a_runtime_without_an_editor(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(runtime.shutil, "which", lambda _: None)
    runtime.bundle_editor(tmp_path)
    assert "npm is not there" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_editor_that_was_fetched_has_its_licences_in_its_head():
    path = runtime.CACHE / "codemirror.js"
    if not path.is_file():
        pytest.skip("needs npm and python -m voronet_site.runtime")
    head, code = runtime.read_verified(path).decode().split("*/\n", 1)
    assert head.count("Permission is hereby granted") == head.count("Copyright (C)") > 1
    assert "Marijn Haverbeke" in head
    assert "export{" in code


def test_the_package_and_its_tests_are_packed_alike_each_time():
    files = runtime.own_files()
    assert files == runtime.own_files()
    wheel = f"voronet-{voronet.__version__}-py3-none-any.whl"
    assert list(files) == [wheel, "tests.zip", "checker.zip"]
    names = zipfile.ZipFile(io.BytesIO(files["tests.zip"])).namelist()
    assert {"in_browser.py", "tests/test_adam.py", "tests/oracles/adam_torch.npz"} <= set(names)


def see(trainer):
    """Return all that the run is made of now, as bytes."""
    engine = trainer.engine
    parts = [engine.w, *vars(engine.state).values(), engine.norm(), *trainer.frame().values()]
    return [np.asarray(part).tobytes() for part in parts]


@pytest.mark.parametrize("optimiser", ["Adam", "descent"])
def test_going_back_is_bit_for_bit_having_been_there(optimiser):
    trainer = Trainer(**SETTINGS | {"optimiser": optimiser})
    # So few that most steps are not kept.
    trainer.most = 5
    seen = [see(trainer)]
    for _ in range(60):
        trainer.advance(1)
        seen.append(see(trainer))
    assert len(trainer.kept) <= 5
    for t in range(59, -1, -1):
        trainer.advance(-1)
        assert trainer.t == t
        assert see(trainer) == seen[t], t
    # There is nothing before the start, and from there it goes on as before.
    trainer.advance(-1)
    trainer.advance(60)
    assert see(trainer) == seen[60]


@pytest.mark.parametrize(
    "own", [{}, OWN, {"optimiser": "descent"}], ids=["drawn", "own", "descent"]
)
def test_the_script_makes_the_same_run(own, tmp_path):
    trainer = Trainer(**SETTINGS | own)
    trainer.advance(120)
    command = [sys.executable, "-c", trainer.script().decode()]
    subprocess.run(command, cwd=tmp_path, check=True, env={"PYTHONPATH": str(runtime.ROOT)})
    run = voronet.load(tmp_path / "run.npz")
    assert run.steps[-1] == 120
    assert np.array_equal(run.w, trainer.engine.w)
    # And it is the run that the settings describe.
    methods = {"Adam": voronet.Adam(0.01, 0.8, 0.99), "descent": voronet.GradientDescent(0.01)}
    assert run.optimiser == methods[(SETTINGS | own)["optimiser"]]
    rng = np.random.default_rng(7)
    voronet.VoronoiRule.random(rng), voronet.sample_points(20, rng)
    start = voronet.Network((2, 3, 2)).initial_parameters(rng, 0.7)
    assert np.array_equal(run.snapshots[0], start)
    if own is OWN:
        assert run.x.T.ravel().tolist() == [float(number) for number in OWN["points"].split()]
        assert run.rule.green.T.ravel().tolist() == [0.2, 0.3, 0.4, 0.9]
        assert run.rule.blue.shape == (2, 3)


@pytest.mark.slow
def test_the_recorded_run_has_the_settings_of_the_page():
    page = BeautifulSoup((DOCS / "lab.md").read_text(encoding="utf-8"), "html.parser")
    form = page.find(id="lab-settings")
    settings = {field["name"]: field.get("value", "") for field in form.find_all("input")}
    settings |= {field["name"]: field.option["value"] for field in form.find_all("select")}
    trainer = Trainer(**{name: settings[name] for name in SETTINGS})
    recorded = importlib.import_module("voronet_site.values.lab").run
    trainer.advance(recorded.steps[-1])
    assert np.array_equal(recorded.w, trainer.engine.w)


def test_the_file_is_a_run_that_goes_on(tmp_path):
    trainer = Trainer(**SETTINGS)
    trainer.advance(40)
    trainer.advance(1)
    (tmp_path / "run.npz").write_bytes(trainer.save())
    run = voronet.load(tmp_path / "run.npz")
    assert run.steps.tolist() == [0, 40, 41]
    trainer.advance(20)
    longer = voronet.train(resume=run, max_steps=61)
    assert np.array_equal(longer.w, trainer.engine.w)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"points": "0.1 0.2 0.3"}, "x has 3 numbers; allowed: two for each place"),
        ({"points": "0.1 __import__('os')"}, "could not convert string to float"),
        ({"seed": "0); import os; (0"}, "invalid literal for int"),
        ({"rate": "-1"}, "learning_rate"),
    ],
)
def test_settings_that_cannot_be_are_named(wrong, said):
    with pytest.raises(ValueError, match=said):
        Trainer(**SETTINGS | wrong)


def judge_formula(name, tex, **options):
    """Judge LaTeX in the place of a formula."""
    formula = FORMULAS[name]
    return judge(formula["label"], formula["number"], formula["page"], tex, **options)


def test_a_mistake_gets_the_message_of_the_build():
    told = re.findall(r'page\("([^"]+)"\)', (DOCS / "wrong.md").read_text(encoding="utf-8"))
    assert len(told) > 5
    displays = {formula.label: formula for formula in read_pages(DOCS)[0] if formula.label}
    notation, drawn = read_notation(DOCS / "notation.md"), Samples.make(samples)
    for what in told:
        label, old, new = next(mistake[1:] for mistake in IN_PAGES if mistake[0] == what)
        assert {"what": what, "old": old, "new": new} in FORMULAS[label]["mistakes"]
        tex = FORMULAS[label]["tex"].replace(old, new, 1)
        found = judge_formula(label, tex)
        expected = verdict(replace(displays[label], tex=tex), notation, drawn)
        # The build names the line as well, which an edit has not.
        place, message = expected.split(": ", 1)
        assert found["said"] == f"{place.split(':')[0]}: {message}"
        assert not found["held"]


@pytest.mark.slow
def test_each_formula_is_held_on_numbers_drawn_anew():
    assert len(FORMULAS) > 120
    assert sum(not formula["label"] for formula in FORMULAS.values()) > 40
    for name, formula in FORMULAS.items():
        # As on the page, without its label, and with its comments apart.
        displayed = re.sub(r"(?m)^%.*$|\\label\{[^}]*\}", "", formula["tex"]).strip()
        notes = "\n".join([formula["notes"], *re.findall("(?m)^%.*$", formula["tex"])])
        found = judge_formula(name, displayed, notes=notes, seed=20)
        assert found["held"], found["said"]
    one, other = (draw_samples(seed).draws[0].w for seed in (20, 21))
    assert not (one == other).any()


def test_a_wrong_formula_in_a_sentence_is_not_held():
    name = r"derive/loss.md a \cdot a (1 - a) = a^2 - a^3"
    assert judge_formula(name, FORMULAS[name]["tex"], seed=20)["held"]
    found = judge_formula(name, r"a \cdot a (1 - a) = a^2 + a^3", seed=20)
    assert not found["held"]
    assert found["said"].startswith("docs/derive/loss.md: $a ")


def test_what_a_formula_shows_is_where_its_characters_stand():
    pieces = [
        "x^2",
        "x_2",
        "2^x",
        r"\frac{x}{2}",
        r"\frac{2}{x}",
        "x2",
        "2x",
        r"\sqrt{x} 2",
        r"\sqrt{x 2}",
    ]
    shown = [runtime.read_shown(ElementTree.fromstring(typeset(tex))) for tex in pieces]
    assert len({*shown}) == len(pieces)
    assert shown[0] == "math(semantics(msup(mi(x)mn(2))))"
    # What else a page says of its symbols shows nothing.
    table = Symbols(read_notation(DOCS / "notation.md"), "derive/loss.md")
    marked = table.mark(typeset(FORMULAS["eq:loss"]["tex"]))
    assert "data-row" in marked
    files, page = [], SimpleNamespace(file=SimpleNamespace(src_uri="derive/loss.md"))
    config = SimpleNamespace(
        use_directory_urls=True,
        site_dir="site",
        plugins=SimpleNamespace(_current_plugin="the hook"),
    )
    html = f"<p>{marked} and {typeset('x < 1', False)}</p>"
    assert runtime.on_page_content(html, page, config, files) == html
    assert files[0].src_uri == "lab/shown/derive/loss.md.json"
    found = json.loads(files[0].content_string)
    display, inline = found.items()
    assert display[0].startswith(r"block \begin{aligned}")
    assert display[1] == runtime.read_shown(
        ElementTree.fromstring(typeset(FORMULAS["eq:loss"]["tex"]))
    )
    assert inline == (" x < 1", "math(semantics(mrow(mi(x)mo(<)mn(1))))")


def test_what_is_exempt_is_not_called_held():
    wrong = FORMULAS["eq:loss"]["tex"].replace("2n", "3n")
    found = judge_formula("eq:loss", f"% exempt: illustration, it shows how\n{wrong}")
    assert not found["held"]
    assert "is not evaluated: illustration, it shows how" in found["said"]


def test_the_checker_needs_nothing_that_is_not_packed(tmp_path):
    packed = zipfile.ZipFile(io.BytesIO(runtime.own_files()["checker.zip"]))
    packed.extractall(tmp_path)
    (tmp_path / "edit.py").write_text(
        "from voronet_site.judge import judge\n"
        "print(judge('eq:loss', '3.3', 'derive/loss.md', 'L = L + 1'))\n"
    )
    there = os.environ | {"PYTHONPATH": str(tmp_path / "docs" / "_tools")}
    command = [sys.executable, tmp_path / "edit.py"]
    done = subprocess.run(command, env=there, capture_output=True, text=True)
    assert "left 0.125, right 1.125" in done.stdout, done.stderr
    assert runtime.name_commit() in done.stdout
