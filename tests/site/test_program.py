"""The reader's file so far: complete at the end of each chapter, and as right as the package."""

import ast
import re
import subprocess
import sys

import pytest

from voronet_site import DOCS, PACKAGE, ROOT
from voronet_site.so_far import programs

CHAPTERS = list(programs())
TEST = re.compile(r'--8<-- "(tests/test_\w+\.py):([\w-]+)"')
# Put the file in the place of the package, whatever module a test imports from.
RUN = """
import importlib.util, sys
import pytest
spec = importlib.util.spec_from_file_location("voronet", sys.argv[1])
program = importlib.util.module_from_spec(spec)
names = sys.argv[2].split()
sys.modules |= dict.fromkeys(names, program)
for name in names[1:]:
    setattr(program, name.removeprefix("voronet."), program)
spec.loader.exec_module(program)
sys.exit(pytest.main(["-n", "0", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning", *sys.argv[3:]]))
"""


def find_tests(page):
    """List the tests that a page shows, as pytest names them."""
    for file, section in TEST.findall((DOCS / page).read_text(encoding="utf-8")):
        code = (ROOT / file).read_text(encoding="utf-8")
        part = code.partition(f"# --8<-- [start:{section}]\n")[2].partition("# --8<-- [end:")[0]
        yield from (
            f"{file}::{name}" for name in re.findall(r"^def (test_\w+)", part, re.MULTILINE)
        )


@pytest.mark.slow
@pytest.mark.parametrize("page", CHAPTERS)
def test_the_file_so_far_passes_the_tests_of_its_chapter(page, tmp_path):
    path = tmp_path / "so_far.py"
    path.write_text(programs()[page], encoding="utf-8")
    modules = ["voronet", *(f"voronet.{module.stem}" for module in PACKAGE.glob("*.py"))]
    command = [sys.executable, "-c", RUN, path, " ".join(modules), *find_tests(page)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
