"""The record of a training run: frames on the way, and why each network stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from voronet._check import HUGE, Array, trust
from voronet._problem import Problem, list_arrays
from voronet.run import Run

# Which networks stop, or False for none.
Ends = NDArray[np.bool_] | bool


# --8<-- [start:Engine]
class Engine(Protocol):
    """What the loop drives: networks that train together."""

    def differentiate(self) -> None: ...
    def step(self) -> None: ...
    def find_ends(self, tol: float) -> Ends: ...
    def loss(self) -> Array: ...
    def norm(self) -> Array: ...
    def keep(self, rows: NDArray[np.bool_]) -> None: ...
    @property
    def w(self) -> Array: ...
    @property
    def state(self) -> Any: ...


# --8<-- [end:Engine]


# --8<-- [start:Record]
class Record:
    """Collect frames, and the latest values of every network, running or stopped."""

    def __init__(self, problem: Problem, w: Array, state: Any, every: int) -> None:
        self.problem, self.w, self.state, self.every = problem, w, state, every
        self.t = self.due = 0
        self.frames: list[tuple[int, Array, Array, Array]] = []
        self.progress: Callable[..., object] | None = None
        self.asked = self.resumed = False
        # Keep a row for each network: loss, ‖g‖, w and the arrays of the state.
        R = max(problem.restarts, default=1)
        unknown = np.full(R, np.finfo(float).max)
        self.latest = _lay_out(R, unknown, unknown, w, *list_arrays(state).values())
        self.rows, self.stopped = np.arange(R), np.full(R, "interrupted")

    # --8<-- [end:Record]

    # --8<-- [start:resume]
    @classmethod
    def resume(cls, run: Run) -> Record:
        """Take up the record of a run, as if it had never stopped."""
        restarts, t = run.w.shape[:-1], int(run.steps[-1])
        problem = Problem(run.net, run.optimiser, run.x, run.y, run.rule, restarts)
        # An optimiser may write to what it gets, but not to the run.
        copies = {name: part.copy() for name, part in list_arrays(run.state).items()}
        state = replace(run.state, **copies)
        record = cls(problem, run.w.copy(), state, run.record_every)
        record.t, record.due, record.resumed = t, t + -t % record.every, True
        R = len(record.rows)
        record.frames = [
            (int(step), loss.reshape(R), norm.reshape(R), w.reshape(R, -1))
            for step, loss, norm, w in zip(
                run.steps, run.loss, run.gradient_norm, run.snapshots, strict=True
            )
        ]
        for latest, last in zip(record.latest, record.frames[-1][1:], strict=False):
            latest[:] = last.reshape(R, -1)
        # Diverged networks stay stopped, and converged ones beside others.
        resting = ("diverged", "converged") if restarts else ("diverged",)
        stopped = np.ravel(run.stopped)
        rests = np.isin(stopped, resting)
        record.stopped[rests], record.rows = stopped[rests], np.flatnonzero(~rests)
        record.end = state, record.latest[3:], record.stopped
        return record

    # --8<-- [end:resume]

    # --8<-- [start:start]
    def start(self, kind: Callable[[Problem, Array, Any], Engine]) -> Engine:
        """Make an engine of the networks that run."""
        engine = kind(self.problem, self.w, self.state)
        runs = np.isin(np.arange(len(self.stopped)), self.rows)
        if not runs.all():
            engine.keep(runs)
        return engine

    # --8<-- [end:start]

    # --8<-- [start:note]
    def note(self, t: int, engine: Engine, ends: Ends, max_steps: int) -> bool:
        """Note what is due at step t; tell whether every network has stopped."""
        last = t >= max_steps or self.asked
        due = last or t >= self.due
        if ends is False and not due:
            return False
        # Read the numbers of each network; a parameter too large is not sound.
        state, r = engine.state, len(self.rows)
        arrays = list_arrays(state).values()
        now = _lay_out(r, engine.loss(), engine.norm(), engine.w, *arrays)
        sound = np.isfinite(np.hstack(now)).all(axis=1)
        sound &= (np.abs(now[2]) <= HUGE).all(axis=1)
        # Stop where ‖g‖ or the numbers say so, and all at the last step.
        stops = np.zeros(r, dtype=bool) | ends | (due & ~sound)
        final = "interrupted" if t < max_steps else "max_steps"
        reason = np.where(sound, np.where(stops, "converged", final), "diverged")
        stops |= last
        self.stopped[self.rows[stops]] = reason[stops]
        # Keep the latest sound numbers.
        kept = sound & (stops | due)
        for latest, new in zip(self.latest, now, strict=True):
            latest[self.rows[kept]] = new[kept]
        self.rows = self.rows[~stops]
        if due or not len(self.rows):
            self.add_frame(t, state)
        if len(self.rows) and stops.any():
            engine.keep(~stops)
        return not len(self.rows)

    # --8<-- [end:note]

    # --8<-- [start:add_frame]
    def add_frame(self, t: int, state: Any) -> None:
        """Add a frame at step t, and tell the caller of it."""
        loss, norm, w, *arrays = (part.copy() for part in self.latest)
        # A run that never stopped may not have the last frame of a resumed one.
        if self.resumed:
            self.frames.pop()
            self.resumed = False
        self.frames.append((t, loss[:, 0], norm[:, 0], w))
        self.end = state, arrays, self.stopped.copy()
        self.due = t - t % self.every + self.every
        if self.progress is not None:
            many = bool(self.problem.restarts)
            told = [part[:, 0].copy() if many else part.item() for part in (loss, norm)]
            # The caller may ask for the end.
            try:
                with trust(False):
                    self.progress(t, *told)
            except StopIteration:
                self.rows = self.rows[:0]

    # --8<-- [end:add_frame]

    # --8<-- [start:finish]
    def finish(self) -> Run:
        """Give what was collected its final form, without the axis of one network."""
        problem, (state, arrays, stopped) = self.problem, self.end
        lead, frames = problem.restarts, len(self.frames)
        steps, loss, norm, w = map(np.array, zip(*self.frames, strict=True))
        old = list_arrays(state)
        whole = {
            name: part.reshape(*lead, *old[name].shape[len(lead) :])
            for name, part in zip(old, arrays, strict=True)
        }
        return Run(
            net=problem.net,
            optimiser=problem.optimiser,
            x=problem.x,
            y=problem.y,
            rule=problem.rule,
            record_every=self.every,
            steps=steps,
            loss=loss.reshape(frames, *lead),
            gradient_norm=norm.reshape(frames, *lead),
            snapshots=w.reshape(frames, *lead, -1),
            state=replace(state, **whole),
            stopped=stopped if lead else str(stopped[0]),
        )

    # --8<-- [end:finish]


# --8<-- [start:lay_out]
def _lay_out(rows: int, *parts: Array) -> list[Array]:
    """Copy arrays so that each has one row for each network."""
    return [np.array(part, dtype=np.float64).reshape(rows, -1) for part in parts]


# --8<-- [end:lay_out]
