"""The reader's file so far: complete at the end of each chapter, and as right as the package."""

import ast
import re
import subprocess
import sys

import pytest

from literate import Problem
from literate.program import assemble
from voronet_site import DOCS, PACKAGE, ROOT
from voronet_site.so_far import count_lines, programs

CHAPTERS = programs()
MODULES = ["voronet", *(f"voronet.{module.stem}" for module in PACKAGE.glob("*.py"))]
SHOWN = re.compile(r'--8<-- "(tests/test_\w+\.py):([\w-]+)"')
# The file has no `save` and no `load`.
LEFT_OUT = {"test_momentum_is_saved_loaded_and_resumed"}
# The tests import the package: give them the file in its place, under the names of all modules.
RUN = """
import importlib.util, sys
import pytest
spec = importlib.util.spec_from_file_location("voronet", sys.argv[1])
program = importlib.util.module_from_spec(spec)
package, *modules = sys.argv[2].split()
sys.modules |= dict.fromkeys([package, *modules], program)
for name in modules:
    setattr(program, name.removeprefix("voronet."), program)
spec.loader.exec_module(program)
sys.exit(pytest.main(["-n", "0", "-q", "-p", "no:cacheprovider", *sys.argv[3:]]))
"""


def find_tests(page):
    """List the tests that a page shows, as pytest names them."""
    found = []
    for file, section in SHOWN.findall((DOCS / page).read_text(encoding="utf-8")):
        code = (ROOT / file).read_text(encoding="utf-8")
        code = code.partition(f"# --8<-- [start:{section}]\n")[2].partition("# --8<-- [end:")[0]
        names = re.findall(r"^def (test_\w+)", code, re.MULTILINE)
        found += [f"{file}::{name}" for name in names if name not in LEFT_OUT]
    return found


def run_tests(code, tests, folder):
    """Run tests of the package on a file, in a fresh interpreter."""
    path = folder / "your_file.py"
    path.write_text(code, encoding="utf-8")
    command = [sys.executable, "-c", RUN, path, " ".join(MODULES), *tests]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("page", CHAPTERS)
def test_the_file_passes_the_tests_of_its_chapter(page, tmp_path):
    tests = find_tests(page)
    assert any("hand" in test for test in tests) or page in (
        "derive/train.md",
        "derive/fast.md",
    ), f"{page} shows no test that is worked by hand"
    done = run_tests(CHAPTERS[page], tests, tmp_path)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.slow
def test_a_mistake_in_the_file_is_noticed(tmp_path):
    page = "derive/network.md"
    wrong = CHAPTERS[page].replace("np.where(z < 0", "np.where(z > 0")
    assert wrong != CHAPTERS[page]
    done = run_tests(wrong, [test for test in find_tests(page) if "hand" in test], tmp_path)
    assert done.returncode == 1, done.stdout
    assert "1 failed" in done.stdout


def test_every_derivation_adds_to_the_file():
    assert list(CHAPTERS)[:2] == ["derive/data.md", "derive/network.md"]
    assert set(CHAPTERS) == {f"derive/{path.name}" for path in (DOCS / "derive").glob("*.md")}
    lines = [code.count("\n") for code in CHAPTERS.values()]
    assert lines == sorted(lines)


@pytest.mark.parametrize("page", CHAPTERS)
def test_the_file_needs_numpy_alone(page, tmp_path):
    for node in ast.walk(ast.parse(CHAPTERS[page])):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            root = name.split(".")[0]
            assert root == "numpy" or root in sys.stdlib_module_names, name
    path = tmp_path / "your_file.py"
    path.write_text(CHAPTERS[page], encoding="utf-8")
    subprocess.run([sys.executable, "-I", path], check=True, cwd=tmp_path)


@pytest.mark.parametrize("page", CHAPTERS)
def test_every_name_in_the_file_is_defined_in_it(page):
    rules = ["--isolated", "--select=F,E4,E7,E9"]
    check = [sys.executable, "-m", "ruff", "check", "-q", *rules, "-"]
    done = subprocess.run(check, input=CHAPTERS[page], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_every_method_that_the_file_calls_is_in_it(tmp_path):
    # A method of another object is no name: the types say whether it is there.
    code = list(CHAPTERS.values())[-1]
    path = tmp_path / "your_file.py"
    check = [sys.executable, "-m", "mypy", "--config-file=", f"--cache-dir={tmp_path}", path]
    for there, text in ((True, code), (False, code.replace("def add_frame", "def add"))):
        path.write_text(text, encoding="utf-8")
        done = subprocess.run(check, capture_output=True, text=True, check=False)
        assert ('"Record" has no attribute "add_frame"' in done.stdout) is not there, done.stdout
        assert (done.returncode == 0) is there, done.stdout


@pytest.mark.parametrize("page", CHAPTERS)
def test_each_chapter_offers_its_file(page):
    name = page.removeprefix("derive/").removesuffix(".md")
    text = (DOCS / page).read_text(encoding="utf-8").partition("\n## Your file so far\n")[2]
    assert f']({name}.py){{ download="your_file.py" }}' in text
    assert f'{{{{= count_lines("{name}") }}}} lines' in text
    assert count_lines(name) == len(CHAPTERS[page].splitlines())


SHAPES = '''"""Shapes."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Annotated

from shapes.tools import SCALE, halve
import numpy as np

UNIT = SCALE * 2
Length = Annotated[float, "checked"]
Wheel = Annotated[Disc, "checked"]


# --8<-- [start:area]
def area(disc: Disc) -> float:
    """Return the area.

    More of this is on the page.
    """
    # Multiply by π.
    return pi * disc.radius**2 * UNIT


# --8<-- [end:area]


def unseen():
    """Stand on no page."""


# --8<-- [start:Disc]
@dataclass
class Disc:
    """A disc."""

    radius: Length

    # --8<-- [end:Disc]

    def hidden(self):
        """Stand on no page."""

    # --8<-- [start:shrink]
    def shrink(self, wheel: Wheel) -> Disc:  # noqa: ARG002
        """Halve the radius."""
        return Disc(halve(self.radius))

    # --8<-- [end:shrink]


# --8<-- [start:turn]
def turn(disc=Wheel(1.0)):
    """Call what stands on no page."""
    unseen()


# --8<-- [end:turn]
'''
TOOLS = '''"""Tools."""

SCALE = 3


# --8<-- [start:halve]
def halve(length):
    """Halve a length."""
    return length / 2


# --8<-- [end:halve]
'''
SHRINK = '--8<-- "shapes/shapes.py:shrink"'
HALVE = '--8<-- "shapes/tools.py:halve"'


def include(*sections):
    """Write a page that shows sections."""
    return "# Discs\n\n" + "\n".join(f'--8<-- "shapes/shapes.py:{name}"' for name in sections)


@pytest.fixture
def build(tmp_path):
    """Give a function that assembles pages of a small package."""
    package = tmp_path / "shapes"
    package.mkdir()
    (package / "shapes.py").write_text(SHAPES)
    (package / "tools.py").write_text(TOOLS)

    def build(*texts):
        return list(assemble(zip("abc", texts, strict=False), package, "About.").values())

    return build


def test_what_pages_show_is_put_in_reading_order(build):
    first, second = build(include("area", "Disc"), f"# Halves\n\n{SHRINK}\n{HALVE}")
    assert (
        first
        == '''"""About."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

SCALE = 3
UNIT = SCALE * 2
Length = float


# Discs
# -----


def area(disc: Disc) -> float:
    """Return the area."""
    # Multiply by π.
    return pi * disc.radius**2 * UNIT


@dataclass
class Disc:
    """A disc."""

    radius: Length
'''
    )
    assert second.startswith(first.rstrip())
    assert second.endswith('''

    def shrink(self, wheel: Wheel) -> Disc:
        """Halve the radius."""
        return Disc(halve(self.radius))


# Halves
# ------


def halve(length):
    """Halve a length."""
    return length / 2


Wheel = Disc
''')
    exec(second, space := {})
    assert space["area"](space["Disc"](2.0).shrink(None)) == pytest.approx(6 * 3.14159265)


def test_pages_that_show_no_code_have_no_file(build):
    assert len(build("# Words\n", include("Disc"), "Words.")) == 1
    assert build('--8<-- "tests/test_shapes.py:test"') == []


@pytest.mark.parametrize(
    ("sections", "says"),
    [
        (["Disc", "turn"], "a: turn uses unseen, which no page up to here shows"),
        (["Disc", "shrink"], "a: Disc uses halve, which no page up to here shows"),
        (["area"], "a: area uses Disc, which no page up to here shows"),
        (["shrink"], "a shows a part of Disc, whose head no page up to here shows"),
    ],
)
def test_what_no_page_shows_is_named(build, sections, says):
    with pytest.raises(Problem) as caught:
        build(include(*sections))
    assert str(caught.value) == says


def test_another_name_stands_in_until_a_later_page(build):
    page = include("Disc", "shrink") + "\n\n<!-- for now: halve = float -->\n"
    first, second = build(page, HALVE)
    assert "\nhalve = float  # until a later page shows halve\n" in first
    assert "until" not in second
    assert "def halve" in second
