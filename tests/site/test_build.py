"""A small site built with the project's own hook: what is executed, and what stops the build."""

import logging
import re
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from mkdocs.structure.pages import Page

from literate import build_cache as memory
from literate import guards, sources
from literate.equations import Record, Report
from voronet_site import ROOT, checked

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
hooks: [{ROOT}/docs/_tools/literate/mkdocs_hook.py]
validation:
  links: {{not_found: warn, anchors: warn, unrecognized_links: warn}}
markdown_extensions:
  pymdownx.superfences:
    custom_fences:
      - name: html-output
        class: html-output
        format: !!python/name:literate.jupyter.execute.raw
  literate.values:
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
        configuration = tmp_path / "mkdocs.yml"
        log = ""

        def build(self, caplog):
            config = load_config(str(tmp_path / "mkdocs.yml"), site_dir=str(tmp_path / "site"))
            hook = next(value for name, value in config.plugins.items() if "pages.py" in name)
            monkeypatch.setattr(hook, "CACHE", self.cache)
            monkeypatch.setattr(hook, "EXECUTED", self.cache / "executed")
            monkeypatch.setattr(hook, "PACKAGE", tmp_path / "package")
            monkeypatch.setattr(hook, "RECORDED", tmp_path / "recorded")
            monkeypatch.setattr(hook, "ORACLES", tmp_path / "oracles")
            monkeypatch.setattr(sources, "CACHE", tmp_path / "cache")
            monkeypatch.setattr(memory, "FOLDERS", (str(tmp_path / "package"),))
            render = Page.render

            def noted(page, config, files):
                self.rendered.append(page.file.src_uri)
                render(page, config, files)

            monkeypatch.setattr(hook, "Page", SimpleNamespace(render=noted))
            self.rendered = []
            # The tests go on with the modules that they have.
            monkeypatch.setattr(hook, "forget_modules", lambda: forgotten.append(1))
            # The tests go on with the collector, too.
            monkeypatch.setattr(hook.gc, "disable", lambda: None)
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
            return self.html("run/a/")

        def html(self, url):
            return (tmp_path / "site" / url / "index.html").read_text()

        @property
        def forgets(self):
            return len(forgotten)

        @property
        def executions(self):
            return len(counter.read_text().splitlines()) - before

    # The equations have tests of their own, and this site has none.
    monkeypatch.setattr(checked, "report", lambda: SimpleNamespace(json=lambda: "[]", records=[]))
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    monkeypatch.setenv("TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR", "")
    monkeypatch.setattr("sys.pycache_prefix", None)
    made = Site()
    made.configuration.write_text(CONFIGURATION)
    made.index.write_text(INDEX)
    made.page.write_text(PAGE.format(counter=str(counter)))
    made.module.write_text("x = 1\n")
    yield made
    # What follows sees the state of the real sources.
    memory.begin()


@pytest.mark.parametrize(
    ("page", "old", "new", "says"),
    [
        ("index", "a.py#second", "a.py#third", "does not contain an anchor '#third'"),
        ("index", "A page", "A page of 48 lines", "index.md: line 3: the number 48 is typed"),
        ("index", "# Small", "# Small {{= 1 / 0 }}", "index.md: ValueFailure"),
        ("index", "# Small", "# Small \\eqref{eq:a}", r"'\\\\eqref' is left in the page"),
        ("index", "# Small", "# Small\n\n```python\nx = 1\n```", "line 3: Python typed by hand"),
        ("index", "# Small", '# Small\n\n--8< "a.py:b"', "index.md: line 3: .* is no include"),
        ("page", "n = 6", "import warnings; warnings.warn('old')", "run/a.py: PageFailure"),
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


@pytest.fixture
def kept(site, caplog, tmp_path):
    """Build a site whose every page is kept, one with a value that counts how often it is made."""
    made = tmp_path / "made"
    value = site.index.with_name("value.md")
    value.write_text(f"# Value\n\n{{{{= open({str(made)!r}, 'a').write('1') }}}}\n")
    site.build(caplog)
    assert sorted(site.rendered) == ["index.md", "run/a.py", "value.md"]
    html = {url: site.html(url) for url in ("", "run/a/", "value/")}
    site.build(caplog)
    assert site.rendered == [], "a page was made again though nothing had changed"
    assert html == {url: site.html(url) for url in html}, "a page that is kept has changed"
    assert made.read_text() == "1", "a value was computed again though nothing had changed"
    site.value = value
    site.values = lambda: len(made.read_text())
    return site


ALL = ["index.md", "run/a.py", "value.md"]


@pytest.mark.parametrize(
    ("what", "again", "values"),
    [
        ("index", ["index.md"], 1),
        ("value", ["value.md"], 1),
        ("page", ["run/a.py"], 1),
        ("module", ALL, 2),
        ("configuration", ALL, 1),
        ("another page", ["index.md", "more.md", "run/a.py", "value.md"], 1),
        ("a dependency", ALL, 2),
    ],
)
def test_a_page_is_made_again_when_what_it_depends_on_changes(
    kept, caplog, monkeypatch, what, again, values
):
    if what == "another page":
        kept.index.with_name("more.md").write_text("# More\n")
    elif what == "a dependency":
        monkeypatch.setattr(sources, "dependencies", lambda: "numpy==9")
    else:
        text = {"configuration": "\nsite_author: me\n", "page": "\n# %% [markdown]\n# More\n"}
        path = getattr(kept, what)
        path.write_text(path.read_text() + text.get(what, "\n# More\n"))
    kept.build(caplog)
    assert sorted(kept.rendered) == again
    assert kept.values() == values


def test_a_page_is_made_again_when_code_that_it_includes_changes(kept, caplog, tmp_path):
    code = tmp_path / "code.py"
    include = f'\n```python\n--8<-- "{code}:part"\n```\n'
    kept.configuration.write_text(
        CONFIGURATION + f"  pymdownx.snippets: {{base_path: [{tmp_path}], check_paths: true}}\n"
    )
    kept.index.write_text(kept.index.read_text() + include.replace(f"{tmp_path}/", ""))
    sources_root = sources.ROOT
    try:
        for module in (sources, guards):
            module.ROOT = tmp_path
        for text in ("one = 1", "two = 2"):
            code.write_text(f"# --8<-- [start:part]\n{text}\n# --8<-- [end:part]\n")
            kept.build(caplog)
            assert "index.md" in kept.rendered
            assert text in BeautifulSoup(kept.html(""), "html.parser").get_text()
    finally:
        for module in (sources, guards):
            module.ROOT = sources_root


@pytest.mark.parametrize(("label", "again"), [("eq:a", ["other.md"]), ("eq:b", [])])
def test_a_page_is_made_again_when_an_equation_that_it_names_changes(
    kept, caplog, monkeypatch, label, again
):
    kept.index.write_text("# Small\n")
    kept.index.with_name("other.md").write_text("# Other\n\nWritten `\\eqref{eq:a}`.\n")
    record = Record(label, "1.1", "a.md", "a = b", max_error=1e-15)
    report = SimpleNamespace(json=lambda: "[]", records=[record])
    monkeypatch.setattr(checked, "report", lambda: report)
    kept.build(caplog)
    kept.build(caplog)
    assert kept.rendered == []
    record.max_error = 2e-15
    kept.build(caplog)
    assert [page for page in kept.rendered if page != "index.md"] == again


@pytest.mark.parametrize(
    ("page", "whole"),
    [("checks.md", True), ("wrong.md", True), ("index.md", True), ("derive/adam.md", False)],
)
def test_a_page_whose_values_speak_of_all_equations_depends_on_all(monkeypatch, page, whole):
    record = Record("eq:elsewhere", "1.1", "a.md", "a = b")
    monkeypatch.setattr(checked, "report", lambda: SimpleNamespace(records=[record]))
    assert bool(checked.report_for(page)) == whole


def test_a_page_with_a_warning_is_not_kept(kept, caplog):
    kept.index.write_text(INDEX.replace("a.py#second", "gone.md"))
    for _ in range(2):
        with pytest.raises(Abort):
            kept.build(caplog)
        assert kept.rendered == ["index.md"]
        assert "'run/gone.md', but the target" in kept.log


def test_nothing_is_kept_of_sources_that_change_while_the_site_is_built(kept, caplog):
    before = kept.module.read_text()
    kept.value.write_text(f"# Value\n\n{{{{= open({str(kept.module)!r}, 'a').write('#') }}}}\n")
    kept.build(caplog)
    kept.module.write_text(before)
    kept.build(caplog)
    assert "value.md" in kept.rendered


def test_every_source_is_in_the_state_or_is_a_page_or_its_frame(monkeypatch):
    seen = set()
    monkeypatch.setattr(sources, "digest", lambda paths, *_: seen.update(paths))
    memory.now()
    pages = {path for path in sources.DOCS.rglob("*") if "_tools" not in path.parts}
    frame = set(sources.files(memory.LOOK, "*"))
    recorded = set(sources.files(sources.DOCS / "run" / "recorded", "*"))
    for folder in ("docs", "tests", "voronet"):
        for path in sources.files(ROOT / folder, "*"):
            assert (path in seen) == (path in recorded or path not in pages | frame), path


def test_verdicts_are_kept_while_the_package_the_table_and_the_check_are_what_they_were(
    tmp_path, monkeypatch
):
    package, docs, checker = (tmp_path / name for name in ("package", "docs", "checker"))
    for folder in (package, docs, checker / "literate" / "equations"):
        folder.mkdir(parents=True)
    (package / "adam.py").write_text("x = 1\n")
    (checker / "literate" / "equations" / "check.py").write_text("y = 1\n")
    table = "| symbol | identifier | shape | meaning | given by |\n|---|---|---|---|---|\n{}"
    (docs / "notation.md").write_text(table.format(""))
    monkeypatch.setattr(checked, "PACKAGE", package)
    monkeypatch.setattr(checked, "DOCS", docs)
    monkeypatch.setattr(checked, "TOOLS", checker)
    monkeypatch.setattr(sources, "CACHE", tmp_path / "cache")
    asked = []

    def check(_, known):
        asked.append(set(known))
        known["an equation"] = f"verdict {len(asked)}"
        return Report([], [])

    monkeypatch.setattr(checked, "check_site", check)
    memory.begin()

    def known():
        checked.recall_records.cache_clear()
        checked.check_state(str(len(asked)), "")
        memory.end()
        return bool(asked[-1])

    assert not known()
    assert known()
    (docs / "notation.md").write_text("More.\n\n" + table.format(""))
    assert known(), "the prose around the table is no part of a verdict"
    for path, text in [
        (package / "adam.py", "x = 2\n"),
        (checker / "literate" / "equations" / "check.py", "y = 2\n"),
        (docs / "notation.md", table.format("| $a$ | `a` | scalar | a | — |\n")),
    ]:
        path.write_text(text)
        assert not known(), f"{path.name} changed, and verdicts were kept"
        assert known()
    monkeypatch.setattr(checked, "dependencies", lambda: "numpy==9")
    assert not known(), "a dependency changed, and verdicts were kept"
