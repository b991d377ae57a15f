"""The builder's own settings, and a clock that is wrong, reach no reader."""

import json
import os
import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def test_the_settings_of_the_builder_change_nothing(site, tmp_path):
    # The executed page prints numbers, draws, and prints whether assertions are on.
    expected = site.files()
    assert b"__debug__ = True" in expected["run/release/index.html"]
    shutil.rmtree(site.root / ".cache")
    shutil.rmtree(site.root / "site")
    (tmp_path / "start.py").write_text("import numpy\nnumpy.set_printoptions(precision=2)\n")
    (tmp_path / "matplotlibrc").write_text("axes.grid: True\nlines.linewidth: 9\n")
    jupyter = {"TemplateExporter": {"preprocessors": ["no.such.Preprocessor"]}}
    (tmp_path / "jupyter_nbconvert_config.json").write_text(json.dumps(jupyter))
    long = tmp_path / ("t" * 120)
    long.mkdir()
    home = tmp_path / "home" / ".ipython" / "profile_default" / "startup"
    home.mkdir(parents=True)
    (home / "00.py").write_text("import numpy\nnumpy.set_printoptions(precision=2)\n")
    settings = {
        "PYTHONSTARTUP": str(tmp_path / "start.py"),
        "PYTHONOPTIMIZE": "1",
        "MATPLOTLIBRC": str(tmp_path / "matplotlibrc"),
        "JUPYTER_CONFIG_PATH": str(tmp_path),
        "TMPDIR": str(long),
        "HOME": str(tmp_path / "home"),
        "LC_ALL": "C",
        "TZ": "Pacific/Auckland",
        "SOURCE_DATE_EPOCH": "1700000000",
    }
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet"],
        cwd=site.root,
        env=os.environ | settings,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = site.files()
    assert found.keys() == expected.keys()
    for name, content in expected.items():
        assert found[name] == content, f"{name} depends on the builder's settings"


def test_a_change_is_seen_whatever_the_clock_says(site):
    # The file is older than what was made from it, by its time, and as long as before.
    page = site.root / "docs" / "run" / "release.py"
    site.edit("docs/run/release.py", "0, 3, 4", "0, 3, 5")
    os.utime(page, (0, 0))
    site.build()
    assert site.executed() == ["docs/run/release.py"]
    # A time in the future makes nothing stale.
    os.utime(page, (2**32, 2**32))
    site.build()
    assert site.computed == []


def test_a_deleted_page_leaves_the_site(site):
    (site.root / "docs" / "run" / "release.py").unlink()
    site.edit("docs/index.md", "[a spring is released](run/release.py#how-far-it-has-fallen)", "it")
    site.edit("mkdocs.yml", "  - run/release.py\n", "")
    site.build()
    assert not (site.root / "site" / "run").exists()
    assert "Executed pages: 0" in site.html()
