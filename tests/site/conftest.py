"""The second site, built by MkDocs as often as a test likes."""

import fcntl
import logging
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

from literate.recording import CALLED
from literate.workshop import Workshop
from voronet_site import ROOT

OSCILLATOR = Path(__file__).parent / "oscillator"


@contextmanager
def one_at_a_time(folder):
    """Let one process do what others wait for, and then find done."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session", autouse=True)
def _share_the_report():
    """Let tests ask the build's cache for the report of all equations, which takes long.

    The test that all equations hold does not ask: it evaluates them.
    """
    workshop = Workshop(ROOT, ROOT / ".cache")

    def answer(event, details):
        if event == CALLED and details[0][0].endswith(":check_all"):
            target, args = details[0]
            workshop.begin()
            with one_at_a_time(workshop.folder):
                details[0].append({"result": workshop.call(target, *args)})

    workshop.folder.mkdir(parents=True, exist_ok=True)
    sys.addaudithook(answer)
    yield
    workshop.stop()


class Site:
    """A copy of the second site, with what its last build said and computed."""

    def __init__(self, root, monkeypatch, caplog):
        self.root, self.monkeypatch, self.caplog = root, monkeypatch, caplog
        self.log, self.computed = "", []

    def build(self):
        """Build the site as a new process would; return its files."""
        config = load_config(str(self.root / "mkdocs.yml"), site_dir=str(self.root / "site"))
        config.plugins.on_startup(command="build", dirty=False)
        self.computed, self.log = [], ""
        self.monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        renew = Workshop.renew

        def noted(workshop, target, args, processes):
            self.computed.append((target.partition(":")[2], *args))
            return renew(workshop, target, args, processes)

        self.monkeypatch.setattr(Workshop, "renew", noted)
        self.caplog.clear()
        try:
            with self.caplog.at_level(logging.INFO):
                build(config)
        except (Exception, SystemExit) as error:
            self.log = f"{self.caplog.text}{error}"
            raise
        finally:
            self.monkeypatch.undo()
            config.plugins["literate"].workshop.stop()
        self.log = self.caplog.text
        return self.files()

    def files(self):
        """Return what the last build made; nothing in it depends on when."""
        made = (self.root / "site").rglob("*")
        unlike = ("sitemap.xml", "sitemap.xml.gz")
        return {
            path.relative_to(self.root / "site").as_posix(): path.read_bytes()
            for path in made
            if path.is_file() and path.name not in unlike
        }

    def html(self, page=""):
        """Return a page of the last build."""
        return (self.root / "site" / page / "index.html").read_text(encoding="utf-8")

    def edit(self, name, old, new):
        """Change a file; what changes must be there."""
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def executed(self):
        """List the pages that the last build executed."""
        return [call[1] for call in self.computed if call[0] == "execute_page"]


@pytest.fixture(scope="session")
def oscillator(tmp_path_factory):
    """Copy the second site, right its wrong equation, and build it once for all processes."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    root = shared / "oscillator" / "site"
    with one_at_a_time(shared), pytest.MonkeyPatch.context() as monkeypatch:
        if not root.exists():
            site = Site(shared / "new" / "site", monkeypatch, Silent())
            shutil.copytree(OSCILLATOR, site.root)
            site.edit("docs/energy.md", "= 2 \\gamma", "= -2 \\gamma")
            site.build()
            site.root.parent.rename(root.parent)
    return root


class Silent:
    """Stands in for caplog where nothing is looked at."""

    text = ""

    def clear(self):
        """Forget nothing."""

    def at_level(self, _):
        """Listen to nothing."""
        return pytest.MonkeyPatch.context()


@pytest.fixture
def site(oscillator, tmp_path, monkeypatch, caplog):
    """Copy the site that is built, with its cache."""
    root = tmp_path / "site"
    shutil.copytree(oscillator, root, symlinks=True)
    return Site(root, monkeypatch, caplog)
