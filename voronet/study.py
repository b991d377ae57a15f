"""Many random problems, each drawn and trained from a seed of its own."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voronet._check import MANY, Array, instance, integer, number, real_array, shown
from voronet.adam import Adam
from voronet.data import VoronoiRule, one_hot, sample_points
from voronet.descent import GradientDescent
from voronet.network import Network, decision
from voronet.run import REASONS, Optimiser
from voronet.train import train

# What became of a seed: how its run stopped, or that its worker was lost.
ENDS = (*REASONS, "lost")
# A seed has to fit an int64.
LARGEST = 2**63 - 1


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
        and "lost" where a worker died. The numbers of the last two are NaN.
    w : ndarray, shape (R, p)
        The parameters at the end.

    Raises
    ------
    ValueError
        If the parts do not fit each other.

    Examples
    --------
    >>> ended = study(range(3), n=20, max_steps=500)
    >>> ended.seeds, ended.stopped.tolist()
    (array([0, 1, 2]), ['max_steps', 'max_steps', 'max_steps'])
    """

    seeds: NDArray[np.int64]
    loss: Array
    gradient_norm: Array
    accuracy: Array
    stopped: NDArray[np.str_]
    w: Array

    def __post_init__(self) -> None:
        seeds = np.array(whole_seeds(self.seeds), dtype=np.int64)
        object.__setattr__(self, "seeds", seeds)
        stopped = self.stopped
        if (
            not isinstance(stopped, np.ndarray)
            or stopped.shape != seeds.shape
            or not np.isin(stopped, ENDS).all()
        ):
            raise ValueError(
                f"stopped: {shown(self.stopped)} given with seeds of shape "
                f"{seeds.shape}; allowed: as many of {ENDS}"
            )
        # What never ended has no numbers, and all else has.
        unknown = np.isin(stopped, ("interrupted", "lost"))
        for name, most in (
            ("loss", np.inf),
            ("gradient_norm", np.inf),
            ("accuracy", 1.0),
            ("w", np.inf),
        ):
            check_column(name, getattr(self, name), unknown, most)

    def __repr__(self) -> str:
        counts = (f"{(self.stopped == end).sum()} {end}" for end in ENDS)
        return (
            f"Study({len(self.seeds)} seeds: "
            + ", ".join(count for count in counts if not count.startswith("0 "))
            + ")"
        )


# --8<-- [start:study]
def study(
    seeds: Iterable[int],
    n: int = 50,
    *,
    net: Network | None = None,
    optimiser: Optimiser | None = None,
    scale: float = 0.5,
    tol: float = 1e-7,
    max_steps: int = 25_000,
    batch: int = 64,
    executor: Executor | None = None,
    progress: Callable[[int, int], object] | None = None,
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
    optimiser : Adam or GradientDescent, optional
        The method; `Adam()` if not given.
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
        `voronet.show.bar()` draws a bar.

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
    A seed whose worker dies is "lost" and named in a RuntimeWarning; what the others
    found is kept. Train it again with `study` and join the two.

    Notes
    -----
    An entry depends on its seed alone: not on its batch, the executor or the order.
    It equals, to the last bit, what `train` finds with the seed's generator. Ctrl-C
    ends the study with the seeds that are done.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> rule, x = VoronoiRule.random(rng), sample_points(20, rng)
    >>> run = train(x, one_hot(rule.label(x)), seed=rng, max_steps=500)
    >>> bool(study(range(3), n=20, max_steps=500).loss[1] == run.loss[-1])
    True
    """
    seeds = whole_seeds(seeds)
    job = checked(n, net, optimiser, scale, tol, max_steps)
    batch = integer("batch", batch, least=1)
    instance("executor", executor, Executor, type(None))
    if not (progress is None or callable(progress)):
        raise ValueError(f"progress: {shown(progress)} given; allowed: a callable")
    # Cut the seeds into batches, train them anywhere, and put the ends in order.
    table = empty(seeds, job["net"])
    places = range(0, len(seeds), batch)
    batches = {start: seeds[start : start + batch] for start in places}
    done = 0
    try:
        for start, rows in outcomes(batches, job, executor):
            here = slice(start, start + len(batches[start]))
            for name, values in rows.items():
                table[name][here] = values
            done += len(batches[start])
            if progress is not None:
                progress(done, len(seeds))
    except KeyboardInterrupt:
        pass
    return Study(**table)


# --8<-- [end:study]


# --8<-- [start:train_batch]
def train_batch(seeds: Sequence[int], job: dict[str, Any]) -> dict[str, Any]:
    """Draw the problems of some seeds, train them together, and say how each ended."""
    # Draw rule, points and start from each seed's own generator, in this order.
    rngs = [np.random.default_rng(seed) for seed in seeds]
    rules = [VoronoiRule.random(rng) for rng in rngs]
    xs = [sample_points(job["n"], rng) for rng in rngs]
    ys = [one_hot(rule.label(x)) for rule, x in zip(rules, xs, strict=True)]
    x, y = np.stack(xs), np.stack(ys)
    # Train, and look at the end only.
    options = {name: value for name, value in job.items() if name != "n"}
    every = max(1, job["max_steps"])
    run = train(x, y, seed=rngs, record_every=every, **options)
    # Compare the colours: p_blue > 1/2 is blue, as in the rule.
    blue = decision(job["net"], run.w, x) > 0.5
    rows = {
        "loss": run.loss[-1],
        "gradient_norm": run.gradient_norm[-1],
        "accuracy": (blue == (y[:, 1] == 1)).mean(axis=-1),
        "w": run.w,
    }
    # Leave out what Ctrl-C cut short: it is not the end.
    cut = np.asarray(run.stopped) == "interrupted"
    for values in rows.values():
        values[cut] = np.nan
    return rows | {"stopped": run.stopped}


# --8<-- [end:train_batch]


def outcomes(
    batches: dict[int, list[int]], job: dict[str, Any], executor: Executor | None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield what became of each batch, by the place of its first seed."""
    if executor is None:
        for start, seeds in batches.items():
            rows = train_batch(seeds, job)
            yield start, rows
            if "interrupted" in rows["stopped"]:
                return
        return
    futures: dict[Future[dict[str, Any]], int] = {}
    lost: dict[int, Exception] = {}
    try:
        for start, seeds in batches.items():
            # A pool that breaks while it is filled takes no more.
            try:
                futures[executor.submit(train_batch, seeds, job)] = start
            except RuntimeError as error:
                if not futures:
                    raise
                lost[start] = error
        for future in as_completed(futures):
            try:
                rows = future.result()
            # A worker that dies raises whatever its executor makes of it.
            except Exception as error:
                lost[futures[future]] = error
            else:
                yield futures[future], rows
    finally:
        for future in futures:
            future.cancel()
    for start, reason in sorted(lost.items()):
        names = ", ".join(map(str, batches[start]))
        warnings.warn(
            f"lost: seeds {names} ({type(reason).__name__}: {reason})",
            RuntimeWarning,
            stacklevel=3,
        )
        yield start, {"stopped": "lost"}


def checked(
    n: int,
    net: Network | None,
    optimiser: Optimiser | None,
    scale: float,
    tol: float,
    max_steps: int,
) -> dict[str, Any]:
    """Return what every batch needs, checked before the first one starts."""
    net = Network() if net is None else net
    optimiser = Adam() if optimiser is None else optimiser
    instance("net", net, Network)
    if (net.widths[0], net.widths[-1]) != (2, 2):
        raise ValueError(
            f"net: widths {net.widths} given; allowed: two inputs and two outputs"
        )
    instance("optimiser", optimiser, Adam, GradientDescent)
    return {
        "n": integer("n", n, least=1, most=MANY),
        "net": net,
        "optimiser": optimiser,
        "scale": number("scale", scale, lambda s: s >= 0, "a finite number >= 0"),
        "tol": number("tol", tol, lambda e: e >= 0, "a finite number >= 0"),
        "max_steps": integer("max_steps", max_steps, least=0),
    }


def whole_seeds(seeds: Iterable[int]) -> list[int]:
    """Return the seeds as a list of at least one whole number."""
    if isinstance(seeds, (str, bytes)) or not isinstance(seeds, Iterable):
        raise ValueError(
            f"seeds: {shown(seeds)} given; allowed: an iterable of integers >= 0"
        )
    try:
        whole = list(seeds)
    # An array without axes calls itself iterable.
    except TypeError:
        whole = []
    if not whole:
        raise ValueError(f"seeds: {shown(seeds)} given; allowed: at least one")
    return [integer("seeds", seed, least=0, most=LARGEST) for seed in whole]


def empty(seeds: list[int], net: Network) -> dict[str, Any]:
    """Lay out a table in which no seed has ended yet."""
    unknown = {f.name: np.full(len(seeds), np.nan) for f in fields(Study)}
    return unknown | {
        "seeds": np.array(seeds, dtype=np.int64),
        "stopped": np.full(len(seeds), "interrupted"),
        "w": np.full((len(seeds), net.size), np.nan),
    }


def check_column(
    name: str, value: Array, unknown: NDArray[np.bool_], most: float
) -> None:
    """Refuse a column unless it is finite where a seed ended and NaN elsewhere."""
    axes = 2 if name == "w" else 1
    if (
        not isinstance(value, np.ndarray)
        or value.dtype != np.float64
        or value.ndim != axes
        or len(value) != len(unknown)
        or value.size == 0
    ):
        raise ValueError(
            f"{name}: {shown(value)} given with seeds of shape {unknown.shape}; "
            "allowed: a float64 array with as many " + ("entries", "rows")[axes - 1]
        )
    nowhere = unknown.reshape(-1, *(1,) * (axes - 1))
    known = real_array(name, np.where(nowhere, 0.0, value), most)
    if name != "w" and (known < 0).any():
        raise ValueError(f"{name}: {known.min():g} given; allowed: numbers >= 0")
    if not np.isnan(value[unknown]).all():
        raise ValueError(
            f"{name}: {shown(value[unknown])} given where stopped is "
            '"interrupted" or "lost"; allowed: NaN'
        )
