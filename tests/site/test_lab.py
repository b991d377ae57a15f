"""The laboratory: what it offers a reader, and the files of its runtime."""

import ast
import io
import json
import zipfile
from pathlib import Path
from textwrap import indent

import pytest
from mkdocs.exceptions import PluginError

import voronet
from voronet_site import runtime
from voronet_site.editable import list_functions

PACKAGE = Path(voronet.__file__).parent
FUNCTIONS = json.loads(list_functions())


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
    assert list(files) == [f"voronet-{voronet.__version__}-py3-none-any.whl", "tests.zip"]
    names = zipfile.ZipFile(io.BytesIO(files["tests.zip"])).namelist()
    assert {"in_browser.py", "tests/test_adam.py", "tests/oracles/adam_torch.npz"} <= set(names)
