"""The way out of MkDocs: what counts, and how Zensical's pages are told what they are."""

import runpy
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from markdown import Markdown

ROOT = Path(__file__).parents[2]
PAGE = """<title>Spring</title><div class="equation" id="eq:a"><math>a</math></div>
<p>It swings <em>5</em> times.</p><pre><code>a = 1</code></pre>"""


@pytest.fixture(scope="module")
def counting():
    return runpy.run_path(str(ROOT / ".ci" / "successors.py"))


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("eq:a", "eq:b", "equations, typeset and checked"),
        ("5</em>", "6</em>", "sentences with numbers"),
        ("a = 1", "a = 2", "code"),
        ("<math>a", "<math>b", "formulas"),
    ],
)
def test_what_another_tool_builds_otherwise_is_not_counted(counting, tmp_path, old, new, kind):
    for name, page in {"one": PAGE, "other": PAGE.replace(old, new)}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text(page)
    (tmp_path / "one" / "checks.json").touch()
    same = counting["compare"](tmp_path / "one", tmp_path / "one")
    assert {there == wanted for there, wanted in same.values()} == {True}
    found = counting["compare"](tmp_path / "one", tmp_path / "other")
    assert found[kind][0] < found[kind][1]
    assert found["pages"] == (1, 1)
    assert found["files besides the theme's"] == (0, 1)


def test_the_table_of_the_tools_names_their_versions():
    head = (ROOT / "CONTRIBUTING.md").read_text().partition("\n| --- | --- | --- |")[0]
    tools = (ROOT / ".ci" / "successors.txt").read_text().split()
    assert head.endswith(f"|  | {' | '.join(tools).replace('==', ' ')} |")


def test_zensical_tells_the_extensions_which_page_it_renders(monkeypatch):
    options = {"literate.values": {"package": "voronet_site.values"}}
    options["literate.maths"] = {"samples": "voronet_site.samples"}
    context = SimpleNamespace(
        page=SimpleNamespace(path="derive/adam.md"),
        config={"docs_dir": str(ROOT / "docs"), "mdx_configs": options},
    )
    module = ModuleType("zensical.extensions.context")
    module.ContextPreprocessor = SimpleNamespace(from_markdown=lambda _: context)
    for name in ("zensical", "zensical.extensions"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "zensical.extensions.context", module)
    Markdown(extensions=["literate.here", "literate.values"], extension_configs=options)
    assert options["literate.values"]["page"] == str(ROOT / "docs/derive/adam.md")
    assert options["literate.maths"]["page"] == "derive/adam.md"
