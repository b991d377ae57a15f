"""The training loop: step, record, and stop when the gradient is small."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voronet._check import Array, columns, integer, number
from voronet.adam import Adam, AdamState
from voronet.data import VoronoiRule
from voronet.descent import DescentState, GradientDescent
from voronet.fast import Prepared
from voronet.network import Network
from voronet.run import Optimiser, Run

Progress = Callable[[int, Any, Any], object]


# --8<-- [start:train]
def train(
    x: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    net: Network | None = None,
    optimiser: Optimiser | None = None,
    seed: Any = 0,
    scale: float = 0.5,
    rule: VoronoiRule | None = None,
    tol: float = 1e-7,
    max_steps: int = 100_000,
    record_every: int = 100,
    progress: Progress | None = None,
    resume: Run | None = None,
) -> Run:
    """Train a network on the samples until the gradient is small.

    Parameters
    ----------
    x : array_like, shape (n_0, n) or (R, n_0, n)
        The points, a column each.
    y : array_like, shape (n_K, n) or (R, n_K, n)
        The one-hot targets, a column each.
    net : Network, optional
        The widths; (2, 2, 8, 2) if not given.
    optimiser : Adam or GradientDescent, optional
        The method; `Adam()` if not given.
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
        Called as progress(step, loss, gradient_norm) at every record.
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
    ends the run after the step in hand and returns what it has.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> from voronet import VoronoiRule, one_hot, sample_points
    >>> rule, x = VoronoiRule.random(rng), sample_points(20, rng)
    >>> run = train(x, one_hot(rule.label(x)), max_steps=1000)
    >>> bool(run.loss[-1] < run.loss[0])
    True
    """
    log = begin(x, y, net, optimiser, seed, scale, rule, record_every, resume)
    if not (progress is None or callable(progress)):
        raise ValueError(f"progress: {progress!r} given; allowed: a callable or None")
    log.progress = progress
    tol = number("tol", tol, lambda e: e >= 0, "a finite number >= 0")
    max_steps = integer("max_steps", max_steps, least=0)
    with ctrl_c() as asked_to_stop, np.errstate(over="ignore", invalid="ignore"):
        try:
            if len(log.rows):
                descend(log.job(), log, tol, max_steps, asked_to_stop)
        # A progress callback, or a handler that is not ours, may raise it.
        except KeyboardInterrupt:
            if not log.frames:
                raise
    return log.run()


# --8<-- [end:train]


# --8<-- [start:descend]
def descend(
    job: Prepared,
    log: "Log",
    tol: float,
    max_steps: int,
    asked_to_stop: Sequence[int],
) -> None:
    """Step every network until it stops, and log on the way."""
    due = job.t
    while True:
        # Differentiate: g = ∇L(w).
        job.differentiate()
        # Record each `every` steps and at the end, or let go of
        # what stops: where ‖g‖ < tol, or where it is not finite.
        if job.t >= due or asked_to_stop or job.in_doubt(tol):
            last = job.t >= max_steps or bool(asked_to_stop)
            log.note(job, tol, last, max_steps)
            if not len(log.rows):
                return
            due = min(job.t - job.t % log.every + log.every, max_steps)
        # Step: w_t from w_{t-1}.
        job.step()


# --8<-- [end:descend]


class Log:
    """Collect frames, and the latest values of every network, running or stopped."""

    def __init__(self, parts: dict[str, Any], single: bool, every: int) -> None:
        self.parts, self.single, self.every = parts, single, every
        self.progress: Progress | None = None
        self.frames: list[tuple[int, Array, Array, Array]] = []

    def begin(self, t: int, w: Array, moments: list[Array]) -> None:
        """Start every network at step t from w and the optimiser's moments."""
        unknown = np.full(len(w), np.nan)
        self.latest = (t, [unknown, unknown, w, *moments])
        self.rows = np.arange(len(w))
        self.stopped = np.full(len(w), "interrupted")

    def job(self) -> Prepared:
        """Prepare the step of the networks that run."""
        t, (_, _, w, *moments) = self.latest
        x, y = self.parts["x"], self.parts["y"]
        return Prepared(
            self.parts["net"],
            self.parts["optimiser"],
            x if x.ndim == 2 else x[self.rows],
            y if y.ndim == 2 else y[self.rows],
            w[self.rows],
            [moment[self.rows] for moment in moments],
            t,
        )

    def note(self, job: Prepared, tol: float, last: bool, max_steps: int) -> None:
        """Note the latest values, and which networks stop here and why."""
        now = [job.loss(), job.norm(), job.w, *job.moments]
        parts = (values.reshape(len(values), -1) for values in now)
        finite = np.isfinite(np.concatenate([*parts], axis=1)).all(axis=1)
        goes_on = finite & (now[1] >= tol)
        due = last or job.t % self.every == 0
        # Between records, look only where `in_doubt` did.
        if not due:
            goes_on |= ~job.doubt(tol)
            if goes_on.all():
                return
        if last or not goes_on.all() or len(goes_on) < len(self.stopped):
            now = self.sort(job, now, finite, goes_on, last, max_steps)
        self.latest = (job.t, now)
        # Add a frame when one is due, and when the last network stops.
        if due or not len(self.rows):
            self.frames.append((job.t, now[0], now[1], now[2]))
            self.report()

    def sort(
        self,
        job: Prepared,
        now: list[Array],
        finite: NDArray[np.bool_],
        goes_on: NDArray[np.bool_],
        last: bool,
        max_steps: int,
    ) -> list[Array]:
        """Give each network that stops its reason; return the values of all."""
        # Keep the values from before where a network diverged.
        latest = [values.copy() for values in self.latest[1]]
        for kept, new in zip(latest, now, strict=True):
            kept[self.rows[finite]] = new[finite]
        reason = np.where(finite, "converged", "diverged")
        reason = reason.astype(self.stopped.dtype)
        if last:
            reason[goes_on] = "max_steps" if job.t >= max_steps else "interrupted"
            goes_on = np.zeros_like(goes_on)
        self.stopped[self.rows[~goes_on]] = reason[~goes_on]
        self.rows = self.rows[goes_on]
        # Prepare anew for the networks that go on.
        if len(self.rows) and not goes_on.all():
            job.keep(goes_on)
        return latest

    def report(self) -> None:
        """Tell the caller of the newest frame."""
        if self.progress is not None:
            t, loss, norm, _ = self.frames[-1]
            if self.single:
                self.progress(t, float(loss[0]), float(norm[0]))
            else:
                self.progress(t, loss.copy(), norm.copy())

    def run(self) -> Run:
        """Give what was collected its final form."""
        t, (loss, norm, w, *moments) = self.latest
        if not self.frames or t != self.frames[-1][0]:
            self.frames.append((t, loss, norm, w))
        steps, loss, norm, w = (
            np.array(part) for part in zip(*self.frames, strict=True)
        )
        if self.single:
            loss, norm, w = loss[:, 0], norm[:, 0], w[:, 0]
            moments = [moment[0] for moment in moments]
        return Run(
            **self.parts,
            record_every=self.every,
            steps=steps,
            loss=loss,
            gradient_norm=norm,
            snapshots=w,
            state=AdamState(t, *moments) if moments else DescentState(t),
            stopped=str(self.stopped[0]) if self.single else self.stopped,
        )


def begin(
    x: ArrayLike | None,
    y: ArrayLike | None,
    net: Network | None,
    optimiser: Optimiser | None,
    seed: Any,
    scale: float,
    rule: VoronoiRule | None,
    record_every: int,
    resume: Run | None,
) -> Log:
    """Check the arguments, and set the log to the step where training begins."""
    if resume is not None:
        return resumed(resume, x, y, net, optimiser, seed, scale, rule, record_every)
    net = Network() if net is None else net
    optimiser = Adam() if optimiser is None else optimiser
    for name, value, kinds, want in (
        ("net", net, Network, "a Network"),
        ("optimiser", optimiser, (Adam, GradientDescent), "Adam or GradientDescent"),
        ("rule", rule, (VoronoiRule, type(None)), "a VoronoiRule or None"),
    ):
        if not isinstance(value, kinds):
            raise ValueError(f"{name}: {value!r} given; allowed: {want}")
    if x is None or y is None:
        name = "x" if x is None else "y"
        raise ValueError(
            f"{name}: None given; allowed: an array, or resume=run instead"
        )
    x = columns("x", x, rows=net.widths[0]).copy()
    y = columns("y", y, rows=net.widths[-1]).copy()
    w, single = starts(net, seed, scale)
    for name, samples, lead in (("x", x, w.shape[:1]), ("y", y, x.shape[:-2])):
        if samples.ndim == 3 and (single or samples.shape[:1] != lead):
            raise ValueError(
                f"{name}: shape {samples.shape} given for {len(w)} start(s); allowed: "
                "a leading axis only with a sequence of as many seeds"
                + (", and in x as well" if name == "y" else "")
            )
    if x.shape[-1] != y.shape[-1]:
        raise ValueError(
            f"y: {y.shape[-1]} columns given with {x.shape[-1]} in x; allowed: as many"
        )
    parts = {"net": net, "optimiser": optimiser, "x": x, "y": y, "rule": rule}
    log = Log(parts, single, integer("record_every", record_every, least=1))
    state = optimiser.start(w)
    log.begin(0, w, [state.m, state.v] if isinstance(state, AdamState) else [])
    return log


def resumed(run: Run, *others: Any) -> Log:
    """Set the log to where a run ended, as if it had never stopped."""
    if not isinstance(run, Run):
        raise ValueError(f"resume: {run!r} given; allowed: a Run or None")
    names = ("x", "y", "net", "optimiser", "seed", "scale", "rule", "record_every")
    defaults = (None, None, None, None, 0, 0.5, None, 100)
    for name, value, default in zip(names, others, defaults, strict=True):
        if type(value) is not type(default) or value != default:
            raise ValueError(
                f"{name}: given together with resume; allowed: leave it out, "
                "the run fixes it"
            )
    single = run.snapshots.ndim == 2
    parts = {
        name: getattr(run, name) for name in ("net", "optimiser", "x", "y", "rule")
    }
    log = Log(parts, single, run.record_every)
    state = run.state
    moments = [state.m, state.v] if isinstance(state, AdamState) else []
    frames = [run.loss, run.gradient_norm, run.snapshots]
    if single:
        moments = [moment[np.newaxis] for moment in moments]
        frames = [values[:, np.newaxis] for values in frames]
    log.begin(run.state.t, frames[2][-1], moments)
    # The last frame is made again: a run that never stopped may not have it.
    earlier = [values[:-1] for values in frames]
    log.frames = list(zip(run.steps[:-1].tolist(), *earlier, strict=True))
    log.latest[1][:2] = [values[-1] for values in frames[:2]]
    # What diverged rests; so does a restart that converged, beside its neighbours.
    stopped = np.atleast_1d(run.stopped)
    rests = np.isin(stopped, "diverged" if single else ("diverged", "converged"))
    log.stopped[rests] = stopped[rests]
    log.rows = np.flatnonzero(~rests)
    return log


def starts(net: Network, seed: Any, scale: float) -> tuple[Array, bool]:
    """Draw w_0 from one seed, or one for each of a sequence, as (R, p)."""
    single = (
        not isinstance(seed, (Sequence, np.ndarray))
        or isinstance(seed, (str, bytes))
        or (isinstance(seed, np.ndarray) and seed.ndim == 0)
    )
    seeds = [seed] if single else list(seed)
    if not seeds:
        raise ValueError("seed: an empty sequence given; allowed: at least one seed")
    rngs = []
    for one in seeds:
        if not isinstance(one, np.random.Generator):
            one = np.random.default_rng(integer("seed", one, least=0, most=2**128))
        rngs.append(one)
    return np.stack([net.initial_parameters(rng, scale) for rng in rngs]), single


@contextmanager
def ctrl_c() -> Iterator[Sequence[int]]:
    """List the first Ctrl-C instead of raising it, so that no step is cut in half."""
    asked: list[int] = []

    def note(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001
        asked.append(signum)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if ours:
        signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
