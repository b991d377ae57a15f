"""The record of a training run: frames on the way, and why each network stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from voronet._check import HUGE, Array, trust
from voronet._problem import Problem, list_arrays
from voronet.run import Run

# Which networks stop, or False for none.
Ends = NDArray[np.bool_] | bool
# What a number that is not known yet, or not finite, exceeds or reaches.
LARGEST = np.finfo(float).max


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
        self.frames: list[tuple[int, Array]] = []
        self.progress: Callable[..., object] | None = None
        self.asked = self.resumed = False
        # Keep a row of numbers for each network: L, ‖g‖, w and what the state holds.
        R, arrays = max(problem.restarts, default=1), list_arrays(state).values()
        self.known = 2 + problem.net.size
        unknown = np.full(R, LARGEST)
        self.latest = _lay_out(R, unknown, unknown, w, *arrays)
        self.most = np.full(self.latest.shape[1], LARGEST)
        self.most[2 : self.known] = HUGE
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
            (int(step), _lay_out(R, *parts))
            for step, *parts in zip(
                run.steps, run.loss, run.gradient_norm, run.snapshots, strict=True
            )
        ]
        record.latest[:, : record.known] = record.frames[-1][1]
        # Diverged networks stay stopped, and converged ones beside others.
        resting = ("diverged", "converged") if restarts else ("diverged",)
        stopped = np.ravel(run.stopped)
        rests = np.isin(stopped, resting)
        record.stopped[rests], record.rows = stopped[rests], np.flatnonzero(~rests)
        record.end = state, record.latest, record.stopped
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
        sound = (np.abs(now) <= self.most).all(axis=1)
        # Stop where ‖g‖ or the numbers say so, and all at the last step.
        stops = np.full(r, last) | ends | (due & ~sound)
        if stops.any():
            final = "interrupted" if t < max_steps else "max_steps"
            reason = np.where(sound, np.where(ends, "converged", final), "diverged")
            self.stopped[self.rows[stops]] = reason[stops]
        # Keep the latest sound numbers.
        kept = sound & (stops | due)
        self.latest[self.rows[kept]] = now[kept]
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
        frame = self.latest[:, : self.known].copy()
        # A run that never stopped may not have the last frame of a resumed one.
        if self.resumed:
            self.frames.pop()
            self.resumed = False
        self.frames.append((t, frame))
        self.end = state, self.latest.copy(), self.stopped.copy()
        self.due = t - t % self.every + self.every
        if self.progress is not None:
            many = bool(self.problem.restarts)
            told = [part.copy() if many else part.item() for part in frame.T[:2]]
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
        problem, (state, latest, stopped) = self.problem, self.end
        lead = problem.restarts
        steps, frames = map(np.array, zip(*self.frames, strict=True))
        frames = frames if lead else frames[:, 0]
        # Cut the rows into the arrays of the state.
        arrays, start = {}, self.known
        for name, part in list_arrays(state).items():
            shape = part.shape[len(lead) :]
            stop = start + prod(shape)
            arrays[name] = latest[:, start:stop].reshape(*lead, *shape)
            start = stop
        return Run(
            net=problem.net,
            optimiser=problem.optimiser,
            x=problem.x,
            y=problem.y,
            rule=problem.rule,
            record_every=self.every,
            steps=steps,
            loss=frames[..., 0],
            gradient_norm=frames[..., 1],
            snapshots=frames[..., 2:],
            state=replace(state, **arrays),
            stopped=stopped if lead else str(stopped[0]),
        )

    # --8<-- [end:finish]


# --8<-- [start:lay_out]
def _lay_out(rows: int, *parts: Array) -> Array:
    """Lay out numbers so that each network has one row."""
    return np.hstack([np.reshape(part, (rows, -1)) for part in parts])


# --8<-- [end:lay_out]
