"""The training loop: differentiate, test the norm, record, step."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import is_dataclass, replace
from itertools import count
from types import FrameType
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from voronet._check import (
    Array,
    Interval,
    Numbers,
    Progress,
    Scale,
    Seeds,
    Steps,
    Tolerance,
    check_instance,
    checked,
    describe,
    refuse,
)
from voronet._problem import Optimiser, Problem, list_arrays, select
from voronet._record import Ends, Engine, Record
from voronet.adam import Adam
from voronet.backprop import gradient
from voronet.data import VoronoiRule
from voronet.descent import GradientDescent
from voronet.fast import Prepared
from voronet.loss import mean_squared_error
from voronet.network import Network, forward
from voronet.run import Run


# --8<-- [start:descend]
def descend(engine: Engine, record: Record, tol: float, max_steps: int) -> None:
    """Step until every network has stopped."""
    for t in count(record.t):
        # Differentiate: g = ∇L(w_t).
        engine.differentiate()
        # Test the norm: which have ‖g‖ < tol?
        ends = engine.find_ends(tol)
        # Record now and then, and at the end.
        if record.note(t, engine, ends, max_steps):
            break
        # Step: w_{t+1} from w_t.
        engine.step()


# --8<-- [end:descend]


# --8<-- [start:Plain]
class Plain:
    """Train with the functions of the chapters, by any optimiser."""

    def __init__(self, problem: Problem, w: Array, state: Any) -> None:
        self.net, self.optimiser = problem.net, problem.optimiser
        self.x, self.y = problem.x, problem.y
        self.w, self.state, self.g = w, state, np.zeros_like(w)

    def differentiate(self) -> None:
        """Compute g = ∇L(w)."""
        self.g = gradient(self.net, self.w, self.x, self.y)

    def step(self) -> None:
        """Take one step of the optimiser."""
        self.w, self.state = take_step(self.optimiser, self.w, self.g, self.state)

    def loss(self) -> Array:
        """Return L(w) of every network."""
        _, a = forward(self.net, self.w, self.x)
        return mean_squared_error(a[-1], self.y)

    def norm(self) -> Array:
        """Return ‖g‖ of every network."""
        norm: Array = np.sqrt((self.g**2).sum(axis=-1))
        return norm

    def find_ends(self, tol: float) -> Ends:
        """Tell which networks have ‖g‖ < tol, or a ‖g‖ that is not finite."""
        norm = self.norm()
        ends = ~((norm >= tol) & (norm < np.inf))
        return ends if ends.any() else False

    # --8<-- [end:Plain]

    # --8<-- [start:keep]
    def keep(self, rows: NDArray[np.bool_]) -> None:
        """Go on with some of the networks: those where the mask `rows` is true."""
        self.w, self.g = self.w[rows], self.g[rows]
        self.x, self.y = select(self.x, rows), select(self.y, rows)
        parts = list_arrays(self.state).items()
        kept = {name: part[rows] for name, part in parts}
        self.state = replace(self.state, **kept)

    # --8<-- [end:keep]


# --8<-- [start:take_step]
def take_step(optimiser: Optimiser, w: Array, g: Array, state: Any) -> Any:
    """Let an optimiser step, and refuse what is not like w and the state before."""
    stepped = optimiser.step(w, g, state)
    given, allowed = outline(stepped), outline((w, state))
    if given != allowed:
        what = f"optimiser: {optimiser} given, whose step returns {given}"
        raise ValueError(f"{what}; allowed: {allowed}")
    return stepped


def outline(value: Any) -> str:
    """Write down what a value is, and the shapes of the arrays in it."""
    if isinstance(value, np.ndarray):
        return f"shape {value.shape}"
    if isinstance(value, tuple):
        return f"({', '.join(map(outline, value))})"
    parts = list_arrays(value).items() if is_dataclass(value) else ()
    shapes = (f", {name} of shape {part.shape}" for name, part in parts)
    return type(value).__name__ + "".join(shapes)


# --8<-- [end:take_step]


# --8<-- [start:choose_engine]
# What the fast engine computes anew, as it is when the package is loaded.
SERVED = {kind: (gradient, kind.start, kind.step) for kind in (Adam, GradientDescent)}


def choose_engine(problem: Problem) -> type[Plain] | type[Prepared]:
    """Take the fast engine where a test holds it equal to the plain one."""
    kind = type(problem.optimiser)
    known = kind in SERVED and SERVED[kind] == (gradient, kind.start, kind.step)
    fast = known and type(problem.net) is Network
    return Prepared if fast else Plain


# --8<-- [end:choose_engine]


def _check_resume(name: str, value: Any, given: dict[str, Any]) -> Run:
    check_instance(name, value, Run)
    for other, fixed in given.items():
        free = other in ("tol", "max_steps", "progress", "resume")
        if not free and fixed is not None:
            refuse(other, describe(fixed), "None, the run fixes it", " with resume")
    run: Run = value
    return run


Ended = Annotated[Run, _check_resume]


@checked
# --8<-- [start:train]
def train(
    x: Numbers | None = None,
    y: Numbers | None = None,
    *,
    net: Network | None = None,
    optimiser: Optimiser | None = None,
    seed: Seeds = 0,
    scale: Scale = 0.5,
    rule: VoronoiRule | None = None,
    tol: Tolerance = 1e-7,
    max_steps: Steps = 100_000,
    record_every: Interval = 100,
    progress: Progress | None = None,
    resume: Ended | None = None,
) -> Run:
    """Train a network on the samples until the gradient is small.

    Parameters
    ----------
    x : array_like, shape (n_0, n) or (R, n_0, n)
        The points, a column each.
    y : array_like, shape (n_K, n) or (R, n_K, n)
        The targets, a column each: one-hot, or numbers from 0 to 1.
    net : Network, optional
        The widths; (2, 2, 8, 2) if not given.
    optimiser : object with the methods start and step, optional
        The method; `Adam()` if not given. `start(w)` returns a state, and
        `step(w, g, state)` the next w and state. The state is a dataclass; its arrays
        lead with the axes of w, and all else in it is the same for every restart.
    seed : int, numpy.random.Generator, or a sequence of R of them
        Where the start w_0 is drawn from. A sequence trains R networks together, on
        a leading axis of restarts.
    scale : float
        The standard deviation of the start, as for `Network.initial_parameters`.
    rule : VoronoiRule, optional
        Kept with the run, so that pictures can show the true boundary.
    tol : float
        Training stops when ‖g‖ < tol, checked at every step; 0 never stops it.
    max_steps : int
        The most steps to take, counted from w_0 also when a run is resumed.
    record_every : int
        Steps between two records.
    progress : callable, optional
        Called as progress(step, loss, gradient_norm) at every record. The run ends as
        "interrupted" if it raises StopIteration; what it returns means nothing, since
        the update of a bar returns True now and then.
    resume : Run, optional
        A run to go on with, in place of every argument that it already fixes: `x`,
        `y`, `net`, `optimiser`, `seed`, `scale`, `rule` and `record_every`. Of several
        restarts, those that converged or diverged stay as they are.

    Returns
    -------
    Run
        The record: steps, losses, gradient norms, snapshots of w, and why it stopped.

    Raises
    ------
    ValueError
        If an argument has a wrong shape or value, or repeats what `resume` fixes.

    Warnings
    --------
    A small gradient is not a small loss: a run can converge on a plateau.

    Notes
    -----
    The gradient is that of the whole sample at every step, as in Higham & Higham
    (2019), section 4; their section 6 uses one random sample a step instead. Ctrl-C
    ends the run after the step in hand and returns what it has. A run has diverged
    where a number is not finite, or a parameter is larger than 1e50 in size.

    The numbers repeat to the last bit on like processors with the same NumPy. Another
    processor may round sums and exponentials in another way, and in a long run such
    differences grow.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> from voronet import VoronoiRule, one_hot, sample_points
    >>> rule, x = VoronoiRule.random(rng), sample_points(20, rng)
    >>> run = train(x, one_hot(rule.label(x)), max_steps=1000)
    >>> bool(run.loss[-1] < run.loss[0])
    True
    """
    # Begin at a random start, or where a run has ended.
    if resume is None:
        net = Network() if net is None else net
        optimiser = Adam() if optimiser is None else optimiser
        w = draw_starts(net, seed, scale)
        problem = Problem(net, optimiser, x, y, rule, w.shape[:-1])
        record = Record(problem, w, optimiser.start(w), record_every)
    else:
        record = Record.resume(resume)
    # Step until every network has stopped.
    record.progress = progress
    if len(record.rows):
        engine = record.start(choose_engine(record.problem))
        with note_ctrl_c(record), np.errstate(over="ignore", invalid="ignore"):
            descend(engine, record, tol, max_steps)
    return record.finish()


# --8<-- [end:train]


# --8<-- [start:draw_starts]
def draw_starts(net: Network, seed: Any, scale: float) -> Array:
    """Draw w_0 from one seed, or one for each of a list, as (R, p)."""
    seeds = seed if isinstance(seed, list) else [seed]
    rngs = [np.random.default_rng(one) for one in seeds]
    w = np.stack([net.initial_parameters(rng, scale) for rng in rngs])
    return w if isinstance(seed, list) else w[0]


# --8<-- [end:draw_starts]


# --8<-- [start:note_ctrl_c]
@contextmanager
def note_ctrl_c(record: Record) -> Iterator[None]:
    """Note the first Ctrl-C instead of raising it, so that no step is cut in half."""

    def note(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001
        record.asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    # Leave alone a handler of the caller's own, and other threads.
    ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if ours:
        signal.signal(signal.SIGINT, note)
    try:
        yield
    # A second Ctrl-C, or a callback, raises it: return what there is.
    except KeyboardInterrupt:
        if not record.frames:
            raise
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)


# --8<-- [end:note_ctrl_c]
