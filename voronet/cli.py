"""The command `voronet`: show a problem, learn it, show how it was learnt."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from voronet._check import Array, integer, number
from voronet.adam import Adam
from voronet.data import VoronoiRule, one_hot, sample_points
from voronet.run import Run
from voronet.show.files import (
    FILES,
    check_writable,
    known_suffix,
    needed,
    require,
    save,
)
from voronet.train import train

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Steps between two printed lines, and the name of the replay where there is no display.
PRINT_EVERY = 1000
REPLAY = "voronet-replay.html"

DESCRIPTION = """\
Draw Voronoi seeds and points at random, show the true boundary between green and blue,
train a network on the points with Adam, and show how its decision region changed."""

EPILOG = f"""\
Without a display there are no windows: the replay is written to {REPLAY}
instead, beside PATH or into the current folder. Ctrl-C ends the training early; what
has been trained is saved.

Exit status: 0 when done, 1 when a file could not be written, 2 for a wrong value,
130 after Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows the command's name; `sys.argv` if not given.

    Returns
    -------
    int
        The exit status: 0 when done, 1 when a file could not be written at the end,
        130 after Ctrl-C.

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
    try:
        parser = command()
        options = parser.parse_args(arguments)
        return perform(options, parser.error)
    except KeyboardInterrupt:
        print("voronet: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our lines has gone (voronet | head): end without a word.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def perform(options: argparse.Namespace, wrong: Callable[[str], NoReturn]) -> int:
    """Check the options, then show, train, save and show again."""
    say = silence if options.quiet else print
    # Check all that can be checked before the first step.
    try:
        windows = options.show and has_display()
        paths = files(options, replay=options.show and not windows)
    except (ImportError, ValueError) as error:
        wrong(str(error))
    if options.show and not windows:
        say(f"No display: instead of windows there will be {paths[-1]}.")
    # Train, keep what was asked for, then play the animation.
    run = learn(options, windows, say)
    say(ending(run))
    for path in paths:
        try:
            save(run, path)
        except OSError as error:
            print(f"voronet: {cannot_write(path, error)}", file=sys.stderr)
            return 1
        say(f"Wrote {path} ({FILES[path.suffix][0]}).")
    if run.stopped == "interrupted":
        return 130
    if windows:
        from voronet.show.window import play

        play(run)
    return 0


def learn(
    options: argparse.Namespace, windows: bool, say: Callable[[str], None]
) -> Run:
    """Draw a problem, show it, and train on it."""
    # Draw seeds, points and start from one generator.
    rng = np.random.default_rng(options.seed)
    rule = VoronoiRule.random(rng)
    x = sample_points(options.points, rng)
    with Log(options.steps, say) as log:
        if windows:
            log.show(rule, x)
        return train(
            x,
            one_hot(rule.label(x)),
            rule=rule,
            seed=rng,
            optimiser=Adam(learning_rate=options.learning_rate),
            tol=options.tol,
            max_steps=options.steps,
            progress=log,
        )


class Parser(argparse.ArgumentParser):
    """Parse arguments, and say what is wrong with one in one line."""

    def error(self, message: str) -> NoReturn:
        """End with one line and status 2."""
        self.exit(2, f"{self.prog}: {message}\n")


def command() -> Parser:
    """List the options, with the defaults of the functions that they go to."""
    training = signature(train).parameters
    parser = Parser(
        prog="voronet",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    for name, kind, default, meaning in (
        ("--seed", whole(0), 0, "draws the problem and the start"),
        ("--points", whole(1), 50, "how many points to train on"),
        ("--steps", whole(0), training["max_steps"].default, "the most steps to take"),
        ("--learning-rate", positive, Adam().learning_rate, "Adam's rate"),
        ("--tol", tolerance, training["tol"].default, "gradient norm that ends it"),
    ):
        meaning = f"{meaning} (default: {default:,})"
        add(name, type=kind, default=default, metavar="N", help=meaning)
    ends = "; ".join(f"{suffix}, {what}" for suffix, (what, _) in FILES.items())
    add("--save", type=Path, metavar="PATH", help=f"write a file: {ends}")
    add("--no-show", action="store_false", dest="show", help="open no window")
    add("--quiet", action="store_true", help="print nothing but errors")
    add("--version", action="version", version=f"voronet {version('voronet')}")
    return parser


def whole(least: int) -> Callable[[str], int]:
    """Read a whole number of at least `least`."""

    def read(text: str) -> int:
        try:
            return integer("value", int(text), least)
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"{text!r} given; allowed: a whole number >= {least}"
            ) from None

    return read


def real(ok: Callable[[float], bool], want: str) -> Callable[[str], float]:
    """Read a number that satisfies `ok`."""

    def read(text: str) -> float:
        try:
            return number("value", float(text), ok, want)
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"{text!r} given; allowed: {want}"
            ) from None

    return read


positive = real(lambda r: r > 0, "a finite number > 0")
tolerance = real(lambda e: e >= 0, "a finite number >= 0")


def has_display() -> bool:
    """Tell whether windows can be opened; raise an ImportError without matplotlib."""
    require("matplotlib", "showing windows")
    from voronet.show.window import display

    return display()


def files(options: argparse.Namespace, replay: bool) -> list[Path]:
    """List the files to write, and raise an error if one of them cannot be written."""
    paths: list[Path] = [] if options.save is None else [options.save]
    if replay and not (paths and known_suffix(paths[0]) == ".html"):
        paths.append(paths[0].with_name(REPLAY) if paths else Path(REPLAY))
    for path in paths:
        needed(known_suffix(path))
        try:
            check_writable(path)
        except OSError as error:
            raise ValueError(cannot_write(path, error)) from error
    return paths


def cannot_write(path: Path, error: OSError) -> str:
    """Say that a file cannot be written, and why."""
    return f"cannot write {os.fspath(path)!r}: {error.strerror or error}"


def silence(line: str) -> None:
    """Print nothing."""


class Log:
    """Print a line every 1,000 steps above a bar, and keep a window alive."""

    def __init__(self, steps: int, say: Callable[[str], None]) -> None:
        self.say, self.bar = say, None
        self.figure: Figure | None = None
        if say is silence:
            return
        try:
            from tqdm import tqdm  # type: ignore[import-untyped]
        except ModuleNotFoundError:
            return
        # No bar where its output is not a terminal; lines go to stdout, above it.
        self.bar = tqdm(total=steps, unit=" steps", leave=False, disable=None)
        self.say = lambda line: tqdm.write(line, file=sys.stdout)

    def __enter__(self) -> "Log":
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()

    def show(self, rule: VoronoiRule, x: Array) -> None:
        """Open the window with the problem."""
        from voronet.show.window import show_problem

        self.figure = show_problem(rule, x)

    def __call__(self, step: int, loss: float, gradient_norm: float) -> None:
        """Report one record of the training."""
        if self.figure is not None:
            self.figure.canvas.flush_events()
        if self.bar is not None:
            self.bar.update(step - self.bar.n)
        if step % PRINT_EVERY == 0:
            self.say(
                f"step {step:>7,}   loss {loss:.3e}   gradient norm {gradient_norm:.3e}"
            )


def ending(run: Run) -> str:
    """Say how the training ended, and where."""
    step = f"step {run.steps[-1]:,}"
    how = {
        "converged": f"Converged at {step}",
        "max_steps": f"Stopped at {step}, the last one allowed",
        "interrupted": f"Interrupted at {step}",
        "diverged": f"Diverged after {step}",
    }[str(run.stopped)]
    return f"{how}: loss {run.loss[-1]:.3e}."
