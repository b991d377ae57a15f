"""A small site built with the project's own hook: what is executed, and what stops the build."""

import logging
import re
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

from docs._literate import maths
from docs._literate.sources import ROOT

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")

CONFIGURATION = f"""
site_name: small
theme: mkdocs
strict: true
plugins:
  mkdocs-jupyter:
    include: ["run/*.py"]
    ignore: ["*.md"]
    execute: true
    allow_errors: false
hooks: [{ROOT}/docs/_literate/pages.py]
validation:
  links: {{not_found: warn, anchors: warn, unrecognized_links: warn}}
markdown_extensions:
  pymdownx.superfences:
    custom_fences:
      - name: html-output
        class: html-output
        format: !!python/name:docs._literate.jupyter.execute.raw
  docs._literate.values:
"""
INDEX = "# Small\n\n[A page](run/a.py#second).\n"
PAGE = """# ---
# title: The page
# ---

# %% [markdown]
# # First
#
# [Home](../index.md)

# %%
with open({counter!r}, "a") as file:
    print("executed", file=file)
n = 6

# %% [markdown]
# ## Second
#
# There are {{{{= n * 7 }}}} of them, *x < y & z*.

# %%
print("a < b & c > d", '"quoted"', "&lt;")
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Keep one cache for all tests: they begin with the same page."""
    folder = tmp_path_factory.mktemp("shared")
    (folder / "counter").touch()
    return folder


@pytest.fixture
def site(tmp_path, monkeypatch, shared):
    """Build a site of two pages, as often as a test likes, and count the executions."""
    (tmp_path / "docs" / "run").mkdir(parents=True)
    (tmp_path / "package").mkdir()
    counter = shared / "counter"
    before = len(counter.read_text().splitlines())
    forgotten = []

    class Site:
        index = tmp_path / "docs" / "index.md"
        page = tmp_path / "docs" / "run" / "a.py"
        module = tmp_path / "package" / "module.py"
        cache = shared / "cache"
        log = ""

        def build(self, caplog):
            config = load_config(str(tmp_path / "mkdocs.yml"), site_dir=str(tmp_path / "site"))
            hook = next(value for name, value in config.plugins.items() if "pages.py" in name)
            monkeypatch.setattr(hook, "CACHE", self.cache)
            monkeypatch.setattr(hook, "EXECUTED", self.cache / "executed")
            monkeypatch.setattr(hook, "PACKAGE", tmp_path / "package")
            monkeypatch.setattr(hook, "RECORDED", tmp_path / "recorded")
            # The tests go on with the modules that they have.
            monkeypatch.setattr(hook, "forget_modules", lambda: forgotten.append(1))
            # A build of its own, as if the process were new.
            hook.running.clear()
            if not self.log:
                monkeypatch.setattr(hook, "loaded", "")
            config.plugins.on_startup(command="build", dirty=False)
            caplog.clear()
            with caplog.at_level(logging.INFO):
                try:
                    build(config)
                finally:
                    self.log = caplog.text
            return (tmp_path / "site" / "run" / "a" / "index.html").read_text()

        @property
        def forgets(self):
            return len(forgotten)

        @property
        def executions(self):
            return len(counter.read_text().splitlines()) - before

    # The equations have tests of their own, and this site has none.
    monkeypatch.setattr(maths, "report", lambda: SimpleNamespace(json=lambda: "[]"))
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR", "")
    monkeypatch.setattr("sys.pycache_prefix", None)
    (tmp_path / "mkdocs.yml").write_text(CONFIGURATION)
    made = Site()
    made.index.write_text(INDEX)
    made.page.write_text(PAGE.format(counter=str(counter)))
    made.module.write_text("x = 1\n")
    return made


@pytest.mark.parametrize(
    ("page", "old", "new", "says"),
    [
        ("index", "a.py#second", "a.py#third", "does not contain an anchor '#third'"),
        ("index", "A page", "A page of 48 lines", "index.md: line 3: the number 48 is typed"),
        ("index", "# Small", "# Small {{= 1 / 0 }}", "index.md: ValueFailure"),
        ("index", "# Small", "# Small \\eqref{eq:a}", r"'\\\\eqref' is left in the page"),
        ("page", "../index.md", "../gone.md", "contains a link '../gone.md'"),
        ("page", "n = 6", "n = 6 / 0", "run/a.py: PageFailure"),
        ("page", "of them", "of 48", "run/a.py: line 18: the number 48 is typed"),
        ("page", "{{= n * 7 }}", "{{= gone }}", "run/a.py: .*name 'gone' is not defined"),
    ],
)
def test_what_is_wrong_on_a_page_stops_the_build(site, caplog, page, old, new, says):
    path = getattr(site, page)
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(Abort):
        site.build(caplog)
    assert re.search(says, site.log), site.log


def test_a_page_is_executed_when_what_it_depends_on_changes_and_only_then(site, caplog):
    site.cache = site.cache.parent / "empty"
    html = site.build(caplog)
    assert "There are 42 of them," in html
    assert '<h2 id="second"' in html
    assert "<em>x &lt; y &amp; z</em>" in html
    text = BeautifulSoup(html, "html.parser").get_text()
    assert text.count('print("a < b & c > d", \'"quoted"\', "&lt;")') == 1
    assert text.count('a < b & c > d "quoted" &lt;') == 1
    assert 'href="../../"' in html, "the link of the executed page was not rewritten"
    assert "<title>The page - small</title>" in html
    assert site.executions == 1
    assert "Executed run/a.py" in site.log

    site.index.write_text(INDEX + "\nMore.\n")
    assert site.build(caplog) == html
    assert site.executions == 1, "a page was executed though nothing behind it had changed"
    assert "Executing" not in site.log

    site.module.write_text("x = 2\n")
    assert site.build(caplog) == html
    assert site.forgets == 1
    assert site.executions == 2, "the package changed and the page was not executed"
    kept = [*(site.cache / "pages").iterdir()]
    assert len(kept) == 1, f"results of an older state are kept: {kept}"

    site.page.write_text(site.page.read_text().replace("n = 6", "n = 5"))
    assert "There are 35 of them," in site.build(caplog)
    assert site.executions == 3
