"""Runs in the reader's browser: trains a network, and lets the project's tests judge an edit."""

import contextlib
import importlib
import io
import os
import shutil
import sys
import tempfile
from pathlib import Path
from textwrap import indent
from types import SimpleNamespace

import numpy as np

import voronet
from voronet.train import choose_engine, descend

# Points a side at which the decision is drawn, and a unit, and the gradient norm at which training ends.
SIDE, UNIT, TOLERANCE = 64, 20, 1e-7
# Bytes for the steps to which a run can go back.
MEMORY = 2**26
PROGRAM = """\
import numpy as np

import voronet

rng = np.random.default_rng({seed})
rule = voronet.VoronoiRule.random(rng)
x = voronet.sample_points({n}, rng)
{own}y = voronet.one_hot(rule.label(x))
net = voronet.Network({widths})
optimiser = voronet.{optimiser}
scale = {scale}
"""
TRAIN = """
run = voronet.train(
    x, y, net=net, optimiser=optimiser, seed=rng, scale=scale, rule=rule, tol={tol}, max_steps={t}
)
print(run)
run.save("run.npz")
"""
# What an edit is tried on beside the true function, and for how many steps.
BRIEF = {
    "n": 50, "seed": 0, "widths": "2-2-8-2", "scale": 0.5, "optimiser": "Adam", "rate": 0.02,
    "beta1": 0.9, "beta2": 0.999, "green": "", "blue": "", "points": "",
}  # fmt: skip
STEPS = 500
PACKAGE = Path(voronet.__file__).parent
TESTS = Path(__file__).parent / "tests"
ROOM = Path("/tmp/room")
MARKERS = "markers=equation: holds an equation\nslow: takes long\nsystem: needs a system"


class Trainer:
    """Train one network on one problem, a few steps at a time, in the loop of `voronet.train`."""

    def __init__(self, **settings):
        self.program = write_program(**settings)
        made = {}
        # What runs here is the very program that a reader can take away.
        exec(self.program, made)
        self.rule = made["rule"]
        names = ("x", "y", "net", "optimiser", "scale", "rule")
        start = voronet.train(**{name: made[name] for name in names}, seed=made["rng"], max_steps=0)
        self.problem, self.kept = start, []
        self.most = max(2, min(1000, MEMORY // (3 * start.w.nbytes)))
        self.resume(0, start.w, start.state)
        self.lattice, self.coarse = make_lattice(SIDE), make_lattice(UNIT)

    def resume(self, t, w, state):
        """Stand at step t, with an engine that has differentiated there and knows its loss."""
        self.t, self.engine = t, choose_engine(self.problem)(self.problem, w, state)
        descend(self.engine, self, TOLERANCE, t)

    def keep(self):
        """Keep the present step, to go back to; of too many, drop every second one but the first."""
        engine = self.engine
        if not self.kept or self.kept[-1][0] < self.t:
            self.kept.append((self.t, engine.w, engine.state, engine.loss(), engine.norm()))
        if len(self.kept) > self.most:
            del self.kept[1::2]

    def advance(self, steps):
        """Take some steps, or go back by some: from the last step kept before, which ends bit for bit the same."""
        t = max(0, self.t + steps)
        self.keep()
        if t < self.t:
            while self.kept[-1][0] > t:
                self.kept.pop()
            self.resume(*self.kept[-1][:3])
        descend(self.engine, self, TOLERANCE, t)

    def note(self, t, engine, ends, max_steps):
        """Note how far the loop is, and tell whether it ends here."""
        self.t, self.converged = t, ends is not False
        return self.converged or t >= max_steps

    def given(self):
        """Return what stays the same: the points, their labels and the seeds."""
        columns = {"points": self.problem.x, "green": self.rule.green, "blue": self.rule.blue}
        return {name: part.T.ravel() for name, part in columns.items()} | {"label": self.problem.y[1]}

    def frame(self, units=False):
        """Return what there is to see now, on demand with the activations of each hidden layer."""
        net, w, x, y = self.problem.net, self.engine.w, self.problem.x, self.problem.y
        return {
            "step": self.t,
            "loss": float(self.engine.loss()),
            "converged": self.converged,
            "right": int(((voronet.decision(net, w, x) > 0.5) == (y[1] == 1)).sum()),
            "region": voronet.decision(net, w, self.lattice),
            "w": w,
            "units": [a.ravel() for a in voronet.forward(net, w, self.coarse)[1][1:-1]] if units else [],
        }

    def script(self):
        """Return the program that makes this run, as far as it is now."""
        return f"{self.program}{TRAIN.format(tol=TOLERANCE, t=self.t)}".encode()

    def save(self):
        """Return the run as far as it is now, with the steps that are kept, as a file for `voronet.load`."""
        self.keep()
        steps, w, states, loss, norm = zip(*self.kept, strict=True)
        given, stopped = self.problem, "converged" if self.converged else "interrupted"
        parts = (given.net, given.optimiser, given.x, given.y, given.rule, 100)
        run = voronet.Run(*parts, steps, loss, norm, w, states[-1], stopped)
        path = Path(tempfile.gettempdir(), "run.npz")
        run.save(path)
        return path.read_bytes()


def make_lattice(side):
    """Return the centres of equal cells of the unit square, row by row from above."""
    centres = (np.arange(side) + 0.5) / side
    return np.stack(np.meshgrid(centres, centres[::-1])).reshape(2, -1)


def write_program(n, seed, widths, scale, optimiser, rate, beta1, beta2, green, blue, points):
    """Write the program that makes a problem; nothing but numbers of the settings comes into it."""
    own = {"green": green, "blue": blue, "x": points}
    lines = [f"{name} = {read_places(name, text)}" for name, text in own.items() if text]
    if own["green"] or own["blue"]:
        seeds = [name if own[name] else f"rule.{name}" for name in ("green", "blue")]
        lines.append(f"rule = voronet.VoronoiRule({', '.join(seeds)})")
    rates = [float(rate)] + ([float(beta1), float(beta2)] if optimiser == "Adam" else [])
    method = {"Adam": "Adam", "descent": "GradientDescent"}[optimiser]
    return PROGRAM.format(
        seed=int(seed),
        n=int(n),
        own="".join(f"{line}\n" for line in lines),
        widths=tuple(int(width) for width in widths.split("-")),
        optimiser=f"{method}({', '.join(map(repr, rates))})",
        scale=float(scale),
    )


def read_places(name, text):
    """Read x and y of some places, and write the array that has them as columns."""
    numbers = [float(number) for number in text.split()]
    if len(numbers) % 2:
        raise ValueError(f"{name} has {len(numbers)} numbers; allowed: two for each place")
    rows = (f"    [{x!r}, {y!r}],\n" for x, y in zip(numbers[::2], numbers[1::2], strict=True))
    return f"np.array([\n{''.join(rows)}]).T"


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


@contextlib.contextmanager
def edited_package(file, first, last, indentation, source):
    """Import the package with other source for one of its functions, and then the true one again."""
    compile(source, "the edit", "exec")
    shutil.rmtree(ROOM, ignore_errors=True)
    shutil.copytree(PACKAGE, ROOM / "voronet")
    shutil.copytree(TESTS, ROOM / "tests")
    path = ROOM / "voronet" / file
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[first - 1 : last] = [indent(source.rstrip(), indentation * " "), "\n"]
    path.write_text("".join(lines), encoding="utf-8")
    true = remove_modules()
    sys.path.insert(0, str(ROOM))
    os.chdir(ROOM)
    # An edit within a second may leave the size of a file as it was: compiled files would be taken for new.
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.path.remove(str(ROOM))
        remove_modules()
        sys.modules.update(true)


def remove_modules():
    """Let the package and its tests be imported anew; return what was there."""
    names = [name for name in sys.modules if name.split(".")[0] in ("voronet", "tests")]
    return {name: sys.modules.pop(name) for name in names}


def judge(file, first, last, indentation, source, tell):
    """Run the tests of a module with other source for one of its functions; return a short training run."""
    import pytest

    options = ["-q", "-p", "no:cacheprovider", "--hypothesis-profile=mutation", "-o", MARKERS]
    said = io.StringIO()
    with edited_package(file, first, last, indentation, source):
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = pytest.main([*options, f"tests/test_{file}"], plugins=[Reporter(tell)])
        # 0: all have passed; 1: some have failed, and were told of.
        if code > 1:
            raise RuntimeError(said.getvalue())
        return train_briefly()


def train_briefly():
    """Train by the plain loop, which calls each function as it stands in the package that is imported now."""
    try:
        made = {}
        exec(write_program(**BRIEF), made)
        package, loop = made["voronet"], importlib.import_module("voronet.train")
        x, y, net = made["x"], made["y"], made["net"]
        options = {name: made[name] for name in ("net", "optimiser", "scale", "rule")}
        start = package.train(x, y, **options, seed=made["rng"], max_steps=0)
        engine = loop.Plain(start, start.w, start.state)
        record = SimpleNamespace(t=0, note=lambda t, engine, ends, most: ends is not False or t >= most)
        loop.descend(engine, record, TOLERANCE, STEPS)
        blue = package.decision(net, engine.w, x) > 0.5
        region = package.decision(net, engine.w, make_lattice(SIDE))
        return {
            "loss": float(engine.loss()),
            "right": int((blue == (y[1] == 1)).sum()),
            # Where the edit has made numbers of nothing, the picture is undecided.
            "region": np.nan_to_num(region, nan=0.5),
            "points": x.T.ravel(),
            "label": y[1],
        }
    except Exception as error:
        return {"error": describe(error)}


def judge_answer(chapter, name, source, tell):
    """Run the check of an exercise on the answer of a reader."""
    exercises = importlib.import_module(f"voronet_site.exercises.{chapter}")
    # An answer may use what the module imports; the solution is not there.
    made = {key: value for key, value in vars(exercises).items() if key != name}
    exec(compile(source, "the answer", "exec"), made)
    if name not in made:
        raise NameError(f"{name} is not defined")
    check = f"check_{name}"
    try:
        getattr(exercises, check)(made[name])
    except Exception as error:
        tell(check, False, str(error) if isinstance(error, AssertionError) else describe(error))
    else:
        tell(check, True, "")


def describe(error):
    """Say in a line what went wrong."""
    return f"{type(error).__name__}: {error}"
