"""Runs in the reader's browser: trains a network, and lets the project's tests judge an edit."""

import contextlib
import io
import os
import shutil
import sys
from pathlib import Path
from textwrap import indent

import numpy as np

import voronet
from voronet._problem import Problem
from voronet.train import choose_engine, descend

# Points a side at which the decision is drawn, and the gradient norm at which training ends.
SIDE, TOLERANCE = 64, 1e-7
PACKAGE = Path(voronet.__file__).parent
TESTS = Path(__file__).parent / "tests"
ROOM = Path("/tmp/room")
# Where the checker of the equations lies.
sys.path.append(str(Path(__file__).parent / "docs" / "_tools"))
MARKERS = "markers=equation: holds an equation\nslow: takes long\nbrowser: needs a browser"


class Trainer:
    """Train one network on one random problem, a few steps at a time, in the loop of `voronet.train`."""

    def __init__(self, n, seed, widths, rate):
        rng = np.random.default_rng(seed)
        rule, x = voronet.VoronoiRule.random(rng), voronet.sample_points(n, rng)
        y = voronet.one_hot(rule.label(x))
        net = voronet.Network([int(width) for width in widths.split("-")])
        adam, w = voronet.Adam(rate), net.initial_parameters(rng)
        self.rule, self.problem = rule, Problem(net, adam, x, y, rule, ())
        self.engine = choose_engine(self.problem)(self.problem, w, adam.start(w))
        self.t = 0
        # The engine knows its loss once it has differentiated.
        self.advance(0)
        centres = (np.arange(SIDE) + 0.5) / SIDE
        self.lattice = np.stack(np.meshgrid(centres, centres[::-1])).reshape(2, -1)

    def advance(self, steps):
        """Take some steps more."""
        descend(self.engine, self, TOLERANCE, self.t + steps)

    def note(self, t, engine, ends, max_steps):
        """Note how far the loop is, and tell whether it ends here."""
        self.t, self.converged = t, ends is not False
        return self.converged or t >= max_steps

    def given(self):
        """Return what stays the same: the points, their labels and the seeds."""
        columns = {"x": self.problem.x, "green": self.rule.green, "blue": self.rule.blue}
        return {name: part.T.ravel() for name, part in columns.items()} | {"label": self.problem.y[1]}

    def frame(self):
        """Return what there is to see now."""
        net, w, x, y = self.problem.net, self.engine.w, self.problem.x, self.problem.y
        return {
            "step": self.t,
            "loss": float(self.engine.loss()),
            "converged": self.converged,
            "right": int(((voronet.decision(net, w, x) > 0.5) == (y[1] == 1)).sum()),
            "region": voronet.decision(net, w, self.lattice),
            "w": w,
        }


class Reporter:
    """Tells of each test as pytest has run it."""

    def __init__(self, tell):
        self.tell = tell

    def pytest_runtest_logreport(self, report):
        if report.failed or (report.when == "call" and report.passed):
            self.tell(report.nodeid, not report.failed, read_message(report))

    def pytest_collectreport(self, report):
        if report.failed:
            self.tell(report.nodeid, False, str(report.longrepr))


def read_message(report):
    """Return what a failed test says."""
    crash = getattr(report.longrepr, "reprcrash", None)
    return crash.message if crash else str(report.longrepr or "")


def judge(file, first, last, indentation, source, tell):
    """Run the tests of a module of the package with other source for one of its functions."""
    import pytest

    compile(source, "the edit", "exec")
    shutil.rmtree(ROOM, ignore_errors=True)
    shutil.copytree(PACKAGE, ROOM / "voronet")
    shutil.copytree(TESTS, ROOM / "tests")
    path = ROOM / "voronet" / file
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[first - 1 : last] = [indent(source.rstrip(), indentation * " "), "\n"]
    path.write_text("".join(lines), encoding="utf-8")
    for name in list(sys.modules):
        if name.split(".")[0] in ("voronet", "tests"):
            del sys.modules[name]
    sys.path.insert(0, str(ROOM))
    os.chdir(ROOM)
    # An edit within a second may leave the size of a file as it was: compiled files would be taken for new.
    sys.dont_write_bytecode = True
    options = ["-q", "-p", "no:cacheprovider", "--hypothesis-profile=mutation", "-o", MARKERS]
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = pytest.main([*options, f"tests/test_{file}"], plugins=[Reporter(tell)])
    finally:
        sys.path.remove(str(ROOM))
    # 0: all have passed; 1: some have failed, and were told of.
    if code > 1:
        raise RuntimeError(said.getvalue())
