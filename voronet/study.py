"""Many random problems, each drawn and trained from a seed of its own."""

from __future__ import annotations

import warnings
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass, fields
from pickle import PicklingError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voronet._check import (
    Array,
    Count,
    Interval,
    Progress,
    Scale,
    SeedList,
    Steps,
    Tolerance,
    check_array,
    check_seed_list,
    check_signs,
    checked,
    describe,
    refuse,
    refuse_mask,
    trust,
)
from voronet._problem import Optimiser
from voronet.adam import Adam
from voronet.data import VoronoiRule, one_hot, sample_points
from voronet.network import Network, decision
from voronet.run import REASONS
from voronet.train import train

# Columns by their names; and the number of points with the arguments of `train`.
Rows = dict[str, Any]
Job = tuple[int, dict[str, Any]]
# What became of a seed: how its run stopped, or that its worker was lost.
ENDS = (*REASONS, "lost")
# How many seeds are trained together when the worker of their batch was lost.
AGAIN = 8


@dataclass(frozen=True, eq=False)
class Study:
    """Hold how training ended on many random problems, one entry for each seed.

    Parameters
    ----------
    seeds : ndarray of int, shape (R,)
        The seeds, in the order in which they were given.
    loss, gradient_norm : ndarray, shape (R,)
        L(w) and ‖g‖ at the end of each run.
    accuracy : ndarray, shape (R,)
        The share of its points that each network gives the right colour.
    stopped : ndarray of str, shape (R,)
        "converged", "max_steps" or "diverged"; "interrupted" where Ctrl-C came first,
        and "lost" where a worker died twice. The numbers of the last two are NaN, and
        those of a network that diverged belong to its start.
    w : ndarray, shape (R, p)
        The parameters at the end.

    Raises
    ------
    ValueError
        If the parts do not fit each other.

    Examples
    --------
    >>> ended = study(range(3), n=20, max_steps=500)
    >>> ended.seeds.tolist(), ended.stopped.tolist()
    ([0, 1, 2], ['max_steps', 'max_steps', 'max_steps'])
    """

    seeds: NDArray[np.int64]
    loss: Array
    gradient_norm: Array
    accuracy: Array
    stopped: NDArray[np.str_]
    w: Array

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            refuse_mask(name, value)
        seeds = np.array(check_seed_list("seeds", self.seeds), dtype=np.int64)
        object.__setattr__(self, "seeds", seeds)
        stopped = self.stopped
        if (
            not isinstance(stopped, np.ndarray)
            or stopped.shape != seeds.shape
            or not np.isin(stopped, ENDS).all()
        ):
            like_seeds = f" with seeds of shape {seeds.shape}"
            refuse("stopped", describe(stopped), f"as many of {ENDS}", like_seeds)
        # Only seeds whose run never ended have no numbers.
        unknown = np.isin(stopped, ("interrupted", "lost"))
        for name in ("loss", "gradient_norm", "accuracy", "w"):
            _check_column(name, getattr(self, name), unknown)

    def __repr__(self) -> str:
        counts = (f"{(self.stopped == end).sum()} {end}" for end in ENDS)
        return (
            f"Study({len(self.seeds)} seeds: "
            + ", ".join(count for count in counts if not count.startswith("0 "))
            + ")"
        )


@checked
# --8<-- [start:study]
def study(
    seeds: SeedList,
    n: Count = 50,
    *,
    net: Network | None = None,
    optimiser: Optimiser | None = None,
    scale: Scale = 0.5,
    tol: Tolerance = 1e-7,
    max_steps: Steps = 25_000,
    batch: Interval = 64,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Study:
    """Train one network on each of many random problems, and keep how it ended.

    Parameters
    ----------
    seeds : iterable of int
        One for each problem. Its generator draws the rule, then the points, then the
        start.
    n : int
        The number of points of each problem.
    net : Network, optional
        The widths, from two inputs to two outputs; (2, 2, 8, 2) if not given.
    optimiser : object with the methods start and step, optional
        The method, as for `train`; `Adam()` if not given.
    scale : float
        The standard deviation of the start.
    tol : float
        A run stops when ‖g‖ < tol.
    max_steps : int
        The most steps of a run.
    batch : int
        How many problems train together, on the restart axis of `train`.
    executor : concurrent.futures.Executor, optional
        Where the batches are trained: a process pool, Dask's `client.get_executor()`,
        an MPI pool. In this process, one after another, if not given.
    progress : callable, optional
        Called as progress(done, total), in seeds, whenever a batch is done;
        `voronet.show.bar()` draws a bar. The study ends with the seeds that are done if
        it raises StopIteration.

    Returns
    -------
    Study
        One entry for each seed, in the order of the seeds.

    Raises
    ------
    ValueError
        If an argument has a wrong type or value.

    Warnings
    --------
    Seeds whose worker dies are trained once more, a few at a time: by the executor, or
    in this process if the executor takes no more. A seed that is lost again is "lost",
    and named in a RuntimeWarning.

    Notes
    -----
    An entry depends on its seed alone: not on its batch, the executor or the order.
    With `Adam` and `GradientDescent` it equals, to the last bit, what `train` finds
    with the seed's generator on a like processor with the same NumPy. With another
    optimiser it may differ by rounding from batch to batch. Ctrl-C ends the study with
    the seeds that are done.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> rule, x = VoronoiRule.random(rng), sample_points(20, rng)
    >>> run = train(x, one_hot(rule.label(x)), seed=rng, max_steps=500)
    >>> bool(study(range(3), n=20, max_steps=500).loss[1] == run.loss[-1])
    True
    """
    net = Network() if net is None else net
    if (net.widths[0], net.widths[-1]) != (2, 2):
        refuse("net", f"widths {net.widths}", "two inputs and two outputs")
    job = {"net": net, "scale": scale, "tol": tol, "max_steps": max_steps}
    job["optimiser"] = Adam() if optimiser is None else optimiser
    # Train the seeds in batches, anywhere, and put the ends in order.
    table = _lay_out(seeds, net)
    places = range(0, len(seeds), batch)
    batches = {start: seeds[start : start + batch] for start in places}
    done = 0
    try:
        for start, rows in _find_outcomes(batches, (n, job), executor):
            count = len(rows["stopped"])
            for name, values in rows.items():
                table[name][start : start + count] = values
            done += count
            if progress is not None:
                with trust(False):
                    progress(done, len(seeds))
    except (KeyboardInterrupt, StopIteration):
        pass
    return Study(**table)


# --8<-- [end:study]


# --8<-- [start:train_batch]
def train_batch(seeds: Sequence[int], n: int, job: dict[str, Any]) -> dict[str, Any]:
    """Draw the problems of some seeds, train them together, and say how each ended."""
    # Draw rule, points and start from each seed's own generator, in this order.
    rngs = [np.random.default_rng(seed) for seed in seeds]
    rules = [VoronoiRule.random(rng) for rng in rngs]
    x = np.stack([sample_points(n, rng) for rng in rngs])
    y = np.stack([one_hot(rule.label(x_r)) for rule, x_r in zip(rules, x, strict=True)])
    # Train, and look at the end only.
    every = max(1, job["max_steps"])
    run = train(x, y, seed=rngs, record_every=every, **job)
    # Compare the colours: p_blue > 1/2 is blue, as in the rule.
    each = zip(run.w, x, strict=True)
    blue = np.stack([decision(run.net, w, x_r) for w, x_r in each]) > 0.5
    rows = {
        "loss": run.loss[-1].copy(),
        "gradient_norm": run.gradient_norm[-1].copy(),
        "accuracy": (blue == (y[:, 1] == 1)).mean(axis=1),
        "w": run.w.copy(),
    }
    # Leave out what Ctrl-C cut short: it is not the end.
    for values in rows.values():
        values[run.stopped == "interrupted"] = np.nan
    return rows | {"stopped": run.stopped}


# --8<-- [end:train_batch]


def _find_outcomes(
    batches: dict[int, list[int]], job: Job, executor: Executor | None
) -> Iterator[tuple[int, Rows]]:
    """Yield what became of each batch, by the place of its first seed."""
    if executor is None:
        yield from _train_here(batches, job)
        return
    lost: dict[int, Exception] = {}
    refused = yield from _send_out(batches, job, executor, lost)
    if len(refused) == len(batches):
        raise lost[refused[0]]
    # Train lost seeds once more, a few at a time, and in the end in this process.
    small = {
        start + k: batches[start][k : k + AGAIN]
        for start in sorted(lost)
        for k in range(0, len(batches[start]), AGAIN)
    }
    lost.clear()
    refused = yield from _send_out(small, job, executor, lost)
    yield from _train_here({start: small[start] for start in refused}, job)
    for start in sorted(set(lost) - set(refused)):
        names, reason = ", ".join(map(str, small[start])), lost[start]
        warnings.warn(
            f"lost: seeds {names} ({type(reason).__name__}: {reason})",
            RuntimeWarning,
            # Point at the line that calls study, through its checks.
            stacklevel=4,
        )
        yield start, {"stopped": np.full(len(small[start]), "lost")}


def _train_here(batches: dict[int, list[int]], job: Job) -> Iterator[tuple[int, Rows]]:
    """Train batches in this process, until Ctrl-C."""
    for start, seeds in batches.items():
        rows = train_batch(seeds, *job)
        yield start, rows
        if "interrupted" in rows["stopped"]:
            raise KeyboardInterrupt


def _send_out(
    batches: dict[int, list[int]],
    job: Job,
    executor: Executor,
    lost: dict[int, Exception],
) -> Generator[tuple[int, Rows], None, list[int]]:
    """Let an executor train batches; note what it loses, return what it refuses."""
    futures: dict[Future[Rows | Exception], int] = {}
    refused = []
    try:
        for start, seeds in batches.items():
            # A pool that breaks while it is filled accepts no more batches.
            try:
                future = executor.submit(_try_batch, seeds, *job)
            except RuntimeError as error:
                lost[start] = error
                refused.append(start)
                continue
            if not isinstance(future, Future):
                returned = f", whose submit returned {describe(future)}"
                allowed = "one whose submit returns a Future"
                refuse("executor", describe(executor), allowed, returned)
            futures[future] = start
        for future in as_completed(futures):
            try:
                rows = future.result()
            # The job cannot be sent anywhere.
            except (PicklingError, AttributeError, TypeError):
                raise
            # Each executor has its own error for a worker that has died.
            except Exception as error:
                lost[futures[future]] = error
                continue
            # An error in the training itself is raised, and not tried again.
            if isinstance(rows, Exception):
                raise rows
            yield futures[future], rows
    finally:
        for future in futures:
            future.cancel()
    return refused


def _try_batch(seeds: list[int], n: int, job: dict[str, Any]) -> Rows | Exception:
    """Train a batch in a worker; return an error that is not the worker's own."""
    try:
        return train_batch(seeds, n, job)
    except MemoryError:
        raise
    except Exception as error:
        return error


def _lay_out(seeds: list[int], net: Network) -> Rows:
    """Lay out a table in which no seed has ended yet."""
    unknown = {f.name: np.full(len(seeds), np.nan) for f in fields(Study)}
    return unknown | {
        "seeds": np.array(seeds, dtype=np.int64),
        "stopped": np.full(len(seeds), "interrupted"),
        "w": np.full((len(seeds), net.size), np.nan),
    }


def _check_column(name: str, value: Array, unknown: NDArray[np.bool_]) -> None:
    """Refuse a column unless it is finite where a seed ended and NaN elsewhere."""
    axes, what = (2, "rows") if name == "w" else (1, "entries")
    if (
        not isinstance(value, np.ndarray)
        or value.dtype != np.float64
        or value.ndim != axes
        or len(value) != len(unknown)
        or value.size == 0
    ):
        like_seeds = f" with seeds of shape {unknown.shape}"
        allowed = f"a float64 array with as many {what}"
        refuse(name, describe(value), allowed, like_seeds)
    nowhere = unknown.reshape(-1, *(1,) * (axes - 1))
    most = 1.0 if name == "accuracy" else np.inf
    known = check_array(name, np.where(nowhere, 0.0, value), most)
    if name != "w":
        check_signs(name, known)
    if not np.isnan(value[unknown]).all():
        where = ' where stopped is "interrupted" or "lost"'
        refuse(name, describe(value[unknown]), "NaN", where)
