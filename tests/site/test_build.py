"""The second site, built by MkDocs: what is computed when, and what stops the build."""

import re
import shutil
import socket

import pytest
from bs4 import BeautifulSoup
from mkdocs.exceptions import Abort

from literate.mkdocs_plugin import Literate, refuse_busy_port
from literate.workshop import Workshop

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]


def test_a_site_on_another_subject_is_built(site):
    site.build()
    assert site.computed == [], "something was computed again though nothing had changed"
    index, page = site.html(), site.html("run/release")
    text = BeautifulSoup(index, "html.parser").get_text()
    assert "frequency of 5.0 swings with 4.0" in text
    assert "return np.sqrt(natural**2 - damping**2)" in text
    assert "Return ω" not in text, "the docstring was not left out"
    assert 'aria-label="Figure 1. The place of the mass falls' in index
    assert "stroke: var(--ink)" in index
    assert "<title>A spring is released - A damped spring</title>" in page
    assert '<h2 id="how-far-it-has-fallen"' in page
    assert '<a href="../../">the spring</a>' in page, "the link was not rewritten"
    assert "<em>much lower</em>" in page
    assert 'class="equation" id="eq:energy"' in site.html("energy")
    assert "eq:loss" in (site.root / "site" / "checks.json").read_text()


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("docs/energy.md", "= -2", "= 2", r"docs/energy\.md:18:24: \(2\.2\) eq:loss: left -"),
        (
            "spring/__init__.py",
            "Return ω, the angular frequency of the damped spring.",
            r"Return $\omega = \sqrt{\omega_0^2 + \gamma^2}$.",
            r"spring/__init__\.py:\d+:\d+: .*left 1.*right 1",
        ),
        ("docs/index.md", "#how-far", "#how-near", "does not contain an anchor '#how-near"),
        ("docs/index.md", "says why", "says 48", r"docs/index\.md:\d+:\d+: the number 48 is typed"),
        (
            "docs/index.md",
            "{{= damping",
            "{{= dumping",
            r"docs/index\.md:4:\d+: {{= dumping }} has no value: NameError.*; did you mean damping",
        ),
        ("docs/index.md", "decay.place", "decay.plaice", r"index\.md:7:\d+: .* mean place\?"),
        ("docs/index.md", "A damped", r"A \label{x}", r"index.md:1:\d+: '\\\\label' is left"),
        ("docs/index.md", "--8<--", "--8<-", r"docs/index\.md:10:1: .* is no include"),
        ("docs/index.md", ":frequency", ":freqency", r"index\.md:10:1: .*did you mean frequency\?"),
        ("docs/run/release.py", "../index.md", "../gone.md", "contains a link '../gone.md'"),
        ("docs/run/release.py", "{{= spring", "{{= sprung", r"release\.py:22:\d+: .*'sprung'"),
    ],
)  # fmt: skip
def test_what_is_wrong_stops_the_build_and_says_where(site, file, old, new, says):
    site.edit(file, old, new)
    with pytest.raises((Abort, SystemExit)):
        site.build()
    assert re.search(says, site.log), site.log
    assert "Traceback" not in site.log.partition("a cell fails")[0]


CHANGES = {
    "a module of the package": ("spring/__init__.py", "- damping**2", "- damping * damping"),
    "a record": ("record.json", "[5.0, 3.0]", "[13.0, 5.0]"),
    "a module of figures": ("spring_figures/decay.py", "0, 2, 60", "0, 1, 60"),
    "the palette": ("spring_figures/__init__.py", "--ink", "--blue"),
    "a module of values": ("spring_values/index.py", "runs = len(", "runs = 100 + len("),
    "a page": ("docs/energy.md", "Damping takes", "Slowly damping takes"),
    "an executed page": ("docs/run/release.py", "0, 3, 4", "0, 3, 5"),
    "a test": ("test_spring.py", "def test_a_spring_at_rest", "def test_a_spring_at_peace"),
    "the notation table": ("docs/motion.md", "`spring.energy`", "—"),
    "the samples": ("spring_samples.py", "range(5)", "range(6)"),
    "mkdocs.yml": ("mkdocs.yml", "site_name: A damped", "site_name: The damped"),
}
VALUES, FIGURES, PAGE = "evaluate_page", "draw_figures", "execute_page"
CHECKS = ("check_formulas", "check_page", "check_all")
STALE = {
    "a module of the package": (VALUES, FIGURES, PAGE, *CHECKS),
    "a record": (VALUES,),
    "a module of figures": (FIGURES,),
    "the palette": (FIGURES, PAGE),
    "a module of values": (VALUES,),
    "a page": CHECKS[1:],
    "an executed page": (PAGE, *CHECKS[1:]),
    "a test": CHECKS[2:],
    "the notation table": CHECKS,
    "the samples": (CHECKS[0], CHECKS[2]),
    "mkdocs.yml": (),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_changed_makes_stale_what_was_made_from_it_and_nothing_else(site, what):
    site.edit(*CHANGES[what])
    assert stale(site) == set(STALE[what])


def stale(site):
    """List the functions of which a result is not taken over."""
    workshop = Workshop(site.root, site.root / ".cache")
    workshop.call = lambda *_: None  # what another call gives is looked at in its own entry
    found = set()
    for path in workshop.store.folder.iterdir():
        entry = workshop.store.get(path.name)
        entry["files"] = {
            name: seen for name, seen in entry["files"].items() if name[:5] != "call "
        }
        if not workshop.is_current(entry):
            found.add(entry["call"][0].partition(":")[2])
    return found


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda docs: (docs / "run" / "more.py").write_text("# %%\n"), {VALUES, *CHECKS[1:]}),
        (lambda docs: (docs / "run" / "release.py").unlink(), {VALUES, PAGE, *CHECKS[1:]}),
        (lambda docs: (docs / "more.md").write_text("# More\n"), set(CHECKS[1:])),
        (lambda docs: (docs / "run" / ".notes").write_text(""), set()),
    ],
    ids=["a page more", "a page less", "a text more", "a hidden file"],
)
def test_what_lists_a_folder_depends_on_its_names(site, make, what):
    make(site.root / "docs")
    assert stale(site) == what


@pytest.fixture
def cold(site, tmp_path):
    """Build the same site from an empty cache."""

    def build():
        root = tmp_path / "cold" / "site"
        shutil.copytree(site.root, root, ignore=shutil.ignore_patterns(".cache", "site"))
        fresh = type(site)(root, site.monkeypatch, site.caplog)
        return fresh.build()

    return build


def compare(warm, cold):
    """Two builds are the same, file by file."""
    assert warm.keys() == cold.keys()
    for name, content in cold.items():
        assert warm[name] == content, f"{name} differs between a warm and a cold build"


def test_a_warm_build_is_a_cold_one_after_any_change(site, cold):
    # Change one file of every kind, add a page and take one away: one build each, warm and cold.
    for change in CHANGES.values():
        site.edit(*change)
    more = site.root / "docs" / "run" / "more.py"
    more.write_text("# %% [markdown]\n# # More\n\n# %%\nprint(7)\n")
    site.edit("mkdocs.yml", "  - run/release.py\n", "  - run/release.py\n  - run/more.py\n")
    warm = site.build()
    assert "Executed pages: 102" in site.html()
    assert sorted(site.executed()) == ["docs/run/more.py", "docs/run/release.py"]
    compare(warm, cold())
    more.unlink()
    site.edit("mkdocs.yml", "  - run/more.py\n", "")
    site.build()
    assert site.executed() == []
    assert "Executed pages: 101" in site.html()


def test_only_what_changed_is_computed_again(site):
    site.edit("docs/energy.md", "Damping takes", "Slowly damping takes")
    site.build()
    assert {call[0] for call in site.computed} == {"check_page", "check_all"}
    site.edit("spring_figures/decay.py", "0, 2, 60", "0, 1, 60")
    site.build()
    assert {call[0] for call in site.computed} == {"draw_figures"}


def test_a_damaged_cache_is_an_empty_one(site):
    before = site.files()
    for path in (site.root / ".cache" / "results").iterdir():
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
    compare(site.build(), before)


def test_a_full_disk_costs_the_cache_and_nothing_else(site):
    before = site.files()
    shutil.rmtree(site.root / ".cache" / "results")
    # A folder that takes no file, as a full disk does.
    (site.root / ".cache" / "results").write_text("")
    compare(site.build(), before)
    assert "A result is not kept" in site.log


def test_a_dirty_build_is_refused_in_one_line():
    plugin = Literate()
    with pytest.raises(Abort, match="--dirty: the checks read the whole site"):
        plugin.on_startup(command="build", dirty=True)


def test_a_busy_port_is_refused_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(Abort, match=rf"127.0.0.1:{port} cannot be served: .*in use; choose"):
            refuse_busy_port("127.0.0.1", port)
    refuse_busy_port("127.0.0.1", port)


def test_the_options_are_checked(site):
    site.edit("mkdocs.yml", 'path: ["."]', 'page_seconds: "many"')
    with pytest.raises(Abort):
        site.build()
    assert "option 'page_seconds': Expected type" in site.caplog.text
