"""The command `voronet`: show a problem, learn it, show how it was learnt."""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from inspect import signature
from io import StringIO
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from voronet._check import MANY, Array, check_integer, check_number, shorten
from voronet.adam import Adam
from voronet.data import VoronoiRule, one_hot, sample_points
from voronet.network import decision
from voronet.run import Run, load
from voronet.show._files import (
    FILES,
    check_drawable,
    check_writable,
    known_suffix,
    needed,
    require,
    save,
)
from voronet.train import train

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Steps between two printed lines, and the names of files where none is given.
PRINT_EVERY = 1000
REPLAY = "voronet-replay.html"
KEPT = "voronet-run.npz"

DESCRIPTION = """\
Draw Voronoi seeds and points at random, show the true boundary between green
and blue, train a network on the points with Adam, and show how its decision
region changed."""

EPILOG = f"""\
Without a display there are no windows, but {REPLAY}, beside the
first PATH or in the current folder. If there is a file of that name, the new
one gets a number. Ctrl-C ends the training early; what has been trained is
saved. If a file cannot be written, or the animation not be shown, the run is
kept in {KEPT}, and a line says where.

Exit status: 0 when done, 1 when something could not be written or shown,
2 for a wrong value, 130 after Ctrl-C."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        What follows the command's name; `sys.argv` if not given.

    Returns
    -------
    int
        The exit status: 0 when done, 1 when something could not be written or shown at
        the end, 130 after Ctrl-C.

    Raises
    ------
    SystemExit
        With status 2 for a wrong value, before any training; with 0 after --help and
        --version.

    Examples
    --------
    >>> main(["--steps", "1000", "--no-show", "--quiet"])
    0
    """
    console = Console()
    try:
        parser, text = command(), StringIO()
        try:
            with redirect_stdout(text):
                options = parser.parse_args(arguments)
        finally:
            # argparse itself passes over an output that is full.
            if text.getvalue():
                print(text.getvalue(), end="", flush=True)
        console.quiet = options.quiet
        status = perform(options, parser.error, console)
        if console.error is not None:
            raise console.error
        return status
    except KeyboardInterrupt:
        complain("interrupted")
        return 130
    except MemoryError:
        complain("there is not enough memory")
        return 1
    # The output accepts no more lines. That is no error if its reader has left,
    # as in: voronet | head.
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            complain(f"cannot print: {error.strerror}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def perform(
    options: argparse.Namespace, wrong: Callable[[str], NoReturn], console: "Console"
) -> int:
    """Check the options, then train, save and show."""
    # Check all that can be checked before the first step.
    try:
        run = saved_run(options)
        windows = options.show and has_display()
        paths = files(options, replay=options.show and not windows)
    except (ImportError, ValueError) as error:
        wrong(str(error))
    if options.show and not windows:
        console.say(f"No display: instead of windows, {printable(paths[-1])}.")
    # Train, unless a saved run is to be shown as it is.
    console.alone = not paths and not windows
    kept = run is not None and options.steps is None
    if run is None or not kept:
        run = learn(options, run, windows, console)
    console.say(verdict(run))
    interrupted = not kept and run.stopped == "interrupted"
    # Save it and show it; whatever goes wrong, what was trained is kept.
    doing = "go on"
    try:
        for path in sorted(paths, key=lambda path: known_suffix(path) != ".npz"):
            doing = f"write {os.fspath(path)!r}"
            with console.bar("picture") as bar:
                save(run, path, bar)
            console.say(f"Wrote {printable(path)} ({FILES[known_suffix(path)][0]}).")
            kept = kept or known_suffix(path) == ".npz"
        if windows and not interrupted:
            doing = "show the animation"
            interrupted = play(run)
        elif windows and not kept:
            keep(run, paths)
    # Each library has errors of its own for a picture that cannot be drawn.
    except (Exception, KeyboardInterrupt) as error:
        if isinstance(error, Exception):
            complain(f"cannot {doing}: {reason(error)}")
        if not kept:
            keep(run, paths)
        if isinstance(error, KeyboardInterrupt):
            raise
        return 1
    return 130 if interrupted else 0


def saved_run(options: argparse.Namespace) -> Run | None:
    """Load the run that is to be played or resumed, if one is named."""
    if options.run is None:
        return None
    # Options that the run fixes, or that only training uses, cannot be given.
    own = ["seed", "points", "learning_rate"] + ["tol"] * (options.steps is None)
    for name in own:
        if getattr(options, name) is not None:
            raise ValueError(
                f"argument --{name.replace('_', '-')}: given with a saved run; allowed:"
                " --steps, to go on with it, and then --tol"
            )
    try:
        run = load(options.run)
    except OSError as error:
        raise ValueError(
            f"cannot read {os.fspath(options.run)!r}: {reason(error)}"
        ) from error
    check_drawable(run)
    return run


def learn(
    options: argparse.Namespace, run: Run | None, windows: bool, console: "Console"
) -> Run:
    """Draw a problem, show it, and train on it; or go on with a saved run."""
    given = {name: value for name, value in vars(options).items() if value is not None}
    seed, points, steps, rate, tol = ((DEFAULTS | given)[name] for name in DEFAULTS)
    # Draw seeds, points and start from one generator.
    rng = np.random.default_rng(seed)
    problem: dict[str, Any] = {"resume": run}
    if run is None:
        rule = VoronoiRule.random(rng)
        x = sample_points(points, rng)
        problem = {"x": x, "y": one_hot(rule.label(x)), "rule": rule, "seed": rng}
        problem["optimiser"] = Adam(learning_rate=rate)
    with console.bar("step") as bar:
        figure = show_problem(rule, x) if windows and run is None else None

        def progress(step: int, loss: float, gradient_norm: float) -> None:
            # Keep the window alive, move the bar, and print a line now and then.
            if figure is not None:
                # It may be closed, for which each toolkit has an error of its own.
                with suppress(Exception):
                    figure.canvas.flush_events()
            bar(step, steps)
            if step % PRINT_EVERY == 0:
                norm = f"gradient norm {gradient_norm:.3e}"
                console.say(f"step {step:>7,}   loss {loss:.3e}   {norm}")

        return train(**problem, tol=tol, max_steps=steps, progress=progress)


def show_problem(rule: VoronoiRule, x: Array) -> "Figure":
    """Open a window with the true boundary, the seeds and the points, and go on."""
    import matplotlib.pyplot as plt

    from voronet.show import LIGHT, tessellation

    figure = plt.figure(
        "The true boundary", figsize=(4.8, 4.8), layout="constrained", dpi=100
    )
    figure.set_facecolor(LIGHT.paper)
    tessellation(rule, x, figure.add_subplot())
    plt.show(block=False)
    figure.canvas.draw()
    return figure


def play(run: Run) -> bool:
    """Play the animation until every window is closed; tell if Ctrl-C closed them."""
    from voronet.show import film

    try:
        film(run).play()
    except KeyboardInterrupt:
        return True
    return False


def verdict(run: Run) -> str:
    """Say how the training ended, and what the network has learnt."""
    n, blue = run.x.shape[1], run.y[1] > run.y[0]
    right: int = ((decision(run.net, run.w, run.x) > 0.5) == blue).sum()
    step, norm = f"step {run.steps[-1]:,}", f"{run.gradient_norm[-1]:.1e}"
    how = {
        "converged": f"Stopped at {step}, where the gradient norm is {norm}",
        "max_steps": f"Stopped at {step}, the last one allowed",
        "interrupted": f"Interrupted at {step}",
        "diverged": f"Diverged after {step}",
    }[str(run.stopped)]
    line = f"{how}: loss {run.loss[-1]:.3e}, {right} of {n} points right."
    if run.stopped == "converged" and right < n:
        line += " The loss is level here, but it is not low."
    return line


def keep(run: Run, paths: list[Path]) -> None:
    """Write the run where it can be written, and say where."""
    folders = [path.parent for path in paths]
    for folder in (*folders, Path(), Path(tempfile.gettempdir())):
        path = unused(folder / KEPT)
        with suppress(OSError):
            run.save(path)
            complain(f"the run is kept in {printable(path)}")
            return
    complain("the run could not be kept: no folder takes it")


class Parser(argparse.ArgumentParser):
    """Parse arguments, and say what is wrong with one in one line."""

    def error(self, message: str) -> NoReturn:
        """End with one line and status 2."""
        self.exit(2, f"{self.prog}: {message}\n")


def command() -> Parser:
    """List the options, with the defaults of the functions that they go to."""
    parser = Parser(
        prog="voronet",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    meaning = "a saved run to play; with --steps it goes on to that step first"
    add("run", nargs="?", type=Path, metavar="RUN.npz", help=meaning)
    for name, kind, check, meaning in (
        ("seed", int, partial(whole, most=10**100), "draws the problem"),
        ("points", int, partial(whole, least=1, most=MANY), "how many to train on"),
        ("steps", int, whole, "the most steps to take"),
        ("learning_rate", float, positive, "Adam's rate"),
        ("tol", float, tolerance, "gradient norm that ends it"),
    ):
        meaning = f"{meaning} (default: {DEFAULTS[name]:,})"
        option = f"--{name.replace('_', '-')}"
        add(option, type=reader(kind, check), metavar="N", help=meaning)
    ends = "; ".join(f"{suffix}, {what}" for suffix, (what, _) in FILES.items())
    meaning = f"write a file, again for more: {ends}"
    add("--save", type=Path, action="append", default=[], metavar="PATH", help=meaning)
    add("--no-show", action="store_false", dest="show", help="open no window")
    add("--quiet", action="store_true", help="print nothing but errors")
    add("--version", action="version", version=f"voronet {version('voronet')}")
    return parser


def reader(
    kind: Callable[[str], Any], check: Callable[[str, Any], Any]
) -> Callable[[str], Any]:
    """Read a number that passes a check."""

    def read(text: str) -> Any:
        try:
            value = kind(text)
        # Text that is not a number goes on to the check, and fails there.
        except ValueError:
            value = text
        try:
            return check("", value)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error).removeprefix(": ")) from None

    return read


whole = partial(check_integer, least=0)
positive = partial(check_number, ok=lambda r: r > 0, want="a finite number > 0")
tolerance = partial(check_number, ok=lambda e: e >= 0, want="a finite number >= 0")
DEFAULTS = {
    "seed": 0,
    "points": 50,
    "steps": signature(train).parameters["max_steps"].default,
    "learning_rate": Adam().learning_rate,
    "tol": signature(train).parameters["tol"].default,
}


def has_display() -> bool:
    """Tell whether windows can be opened; raise an ImportError without matplotlib."""
    require("matplotlib", "showing windows")
    import matplotlib.pyplot as plt

    # Try it: the display that is named may not exist, and each toolkit has its own
    # error for that. A backend for notebooks or files opens no window.
    try:
        figure = plt.figure()
        toolkit = figure.canvas.required_interactive_framework
        plt.close(figure)
        return toolkit is not None
    except Exception:
        return False


def files(options: argparse.Namespace, replay: bool) -> list[Path]:
    """List the files to write, and raise an error if one of them cannot be written."""
    paths: list[Path] = [*options.save]
    if replay and not any(known_suffix(path) == ".html" for path in paths):
        folder = paths[0].parent if paths else Path()
        paths.append(unused(folder / REPLAY))
    for path in paths:
        needed(known_suffix(path))
        try:
            check_writable(path)
        except OSError as error:
            raise ValueError(
                f"cannot write {os.fspath(path)!r}: {reason(error)}"
            ) from error
    return paths


def unused(path: Path) -> Path:
    """Return the path, or one with a number if there is such a file."""
    numbered = (path.with_stem(f"{path.stem}-{i}") for i in count(2))
    return next(p for p in chain([path], numbered) if not os.path.lexists(p))


def printable(path: Path) -> str:
    """Write a path without characters that a terminal cannot print."""
    text = os.fspath(path)
    return text if text.isprintable() else repr(text)


def reason(error: Exception) -> str:
    """Say in one line what is wrong."""
    known = error.strerror if isinstance(error, OSError) else None
    return shorten(known or f"{type(error).__name__}: {error}")


def complain(line: str) -> None:
    """Print an error."""
    print(f"voronet: {line}", file=sys.stderr)


class Console:
    """Print lines for as long as the output accepts them, and a bar below them."""

    def __init__(self) -> None:
        self.quiet = self.alone = False
        self.error: OSError | None = None
        self.write: Callable[[str], object] = print

    def say(self, line: str) -> None:
        """Print a line."""
        if self.quiet or self.error is not None:
            return
        encoding = sys.stdout.encoding or "ascii"
        try:
            self.write(line.encode(encoding, "backslashreplace").decode(encoding))
            sys.stdout.flush()
        except OSError as error:
            # Train on, unless these lines were all that was asked for.
            self.error = error
            if self.alone:
                raise

    @contextmanager
    def bar(self, unit: str) -> Iterator[Callable[[int, int], None]]:
        """Give what tells a bar how far it has come: its progress(done, total)."""
        # There is no bar without tqdm, or where the output is not a terminal.
        if self.quiet or find_spec("tqdm") is None:
            yield lambda *_: None
            return
        from tqdm import tqdm  # type: ignore[import-untyped]

        with tqdm(unit=f" {unit}s", leave=False, disable=None) as drawn:
            self.write = partial(drawn.write, file=sys.stdout)

            def update(done: int, total: int) -> None:
                drawn.total = total
                drawn.update(done - drawn.n)

            try:
                yield update
            finally:
                self.write = print
