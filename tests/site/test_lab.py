"""The laboratory: what it offers a reader, and the files of its runtime."""

import ast
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

import pytest
from mkdocs.exceptions import PluginError

import voronet
from literate.equations import Samples, verdict
from literate.equations.notation import read_notation
from literate.equations.pages import read_pages
from voronet_site import DOCS, runtime, samples
from voronet_site.editable import list_formulas, list_functions
from voronet_site.judge import draw_samples, judge
from voronet_site.mistakes import IN_PAGES

PACKAGE = Path(voronet.__file__).parent
FUNCTIONS = json.loads(list_functions())
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


def test_a_changed_or_missing_file_stops_the_build(tmp_path):
    path = tmp_path / "pyodide.mjs"
    for harm in (lambda: None, lambda: path.write_bytes(b"export {}")):
        harm()
        with pytest.raises(PluginError, match=r"pyodide\.mjs: not the file that"):
            runtime.read_verified(path)


def test_the_package_and_its_tests_are_packed_alike_each_time():
    files = runtime.own_files()
    assert files == runtime.own_files()
    wheel = f"voronet-{voronet.__version__}-py3-none-any.whl"
    assert list(files) == [wheel, "tests.zip", "checker.zip"]
    names = zipfile.ZipFile(io.BytesIO(files["tests.zip"])).namelist()
    assert {"in_browser.py", "tests/test_adam.py", "tests/oracles/adam_torch.npz"} <= set(names)


def judge_formula(label, tex, **options):
    """Judge LaTeX in the place of a display."""
    return judge(label, FORMULAS[label]["number"], FORMULAS[label]["page"], tex, **options)


def test_a_mistake_gets_the_message_of_the_build():
    told = re.findall(r'page\("([^"]+)"\)', (DOCS / "wrong.md").read_text(encoding="utf-8"))
    assert len(told) > 5
    displays = {formula.label: formula for formula in read_pages(DOCS)[0]}
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
def test_each_display_is_held_on_numbers_drawn_anew():
    assert len(FORMULAS) > 80
    for label, formula in FORMULAS.items():
        # As on the page, without its label, and with its comments apart.
        displayed = re.sub(r"(?m)^%.*$|\\label\{[^}]*\}", "", formula["tex"]).strip()
        notes = "\n".join(re.findall("(?m)^%.*$", formula["tex"]))
        found = judge_formula(label, displayed, notes=notes, seed=20)
        assert found["held"], found["said"]
    one, other = (draw_samples(seed).draws[0].w for seed in (20, 21))
    assert not (one == other).any()


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
