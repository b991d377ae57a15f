"""Values of the page on the fast step: calls, operations and bytes, counted when it is built."""

import sys
import tracemalloc
from collections import Counter
from itertools import pairwise
from typing import Any, ClassVar
from unittest.mock import patch

import numpy as np

import voronet
from voronet import fast

net = voronet.Network()
adam = voronet.Adam()
SAMPLES = 100


class Counted(np.ndarray):
    """An array that counts, for each module of the package, how often it calls NumPy."""

    calls: ClassVar[Counter[str]] = Counter()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        Counted.calls[caller()] += 1
        result = getattr(ufunc, method)(*map(plain, inputs), **options)
        return result.view(Counted) if isinstance(result, np.ndarray) else result

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        Counted.calls[caller()] += 1
        return super().__array_function__(function, types, args, kwargs)


def caller() -> str:
    """Return the module of the package whose turn it is."""
    frame = sys._getframe()
    while not (name := frame.f_globals["__name__"]).startswith("voronet."):
        assert frame.f_back is not None
        frame = frame.f_back
    return name.removeprefix("voronet.")


def plain(value: Any) -> Any:
    """Return an array as NumPy's own."""
    return value.view(np.ndarray) if isinstance(value, Counted) else value


def problem(n: int, networks: int = 1) -> tuple[Any, Any, Any]:
    """Draw points, labels and parameters."""
    rng = np.random.default_rng(n)
    x, label = rng.random((2, n)), rng.integers(0, 2, n)
    return x, voronet.one_hot(label), rng.standard_normal((networks, net.size))


def plain_step(x: Any, y: Any, w: Any) -> Any:
    """Take one step with the functions of the chapters."""
    return adam.step(w, voronet.gradient(net, w, x, y), adam.start(w))


def count_plain(n: int) -> Counter[str]:
    """Count the calls of NumPy in a plain step, for each module."""
    x, y, w = (part.view(Counted) for part in problem(n))
    Counted.calls = Counter()
    # Let the checks of arguments hand on what they are given, as it is.
    with patch.object(np, "asarray", np.asanyarray):
        plain_step(x, y, w[0])
    return Counted.calls


def prepared(n: int, networks: int = 1) -> fast.Prepared:
    """Prepare a step."""
    x, y, w = problem(n, networks)
    state = adam.start(w)
    return fast.Prepared(net, adam, x, y, w, [state.m, state.v], 0)


def peak(step: Any) -> int:
    """Measure the bytes that a step holds at most, beyond those it found."""
    step()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    step()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most - before


def both(n: int, networks: int = 1) -> Any:
    """Return one prepared step as a function."""
    job = prepared(n, networks)
    return lambda: (job.differentiate(), job.step())


counts = count_plain(SAMPLES)
checks = counts["_check"]
plain_step_calls = counts["adam"]
plain_slope_calls = counts.total() - checks - plain_step_calls
plain_calls = plain_slope_calls + plain_step_calls
job = prepared(SAMPLES)
slope_calls, move_calls = len(job.slope), len(job.move)
calls = slope_calls + move_calls
x, y, w = problem(SAMPLES)
plain_peak = peak(lambda: plain_step(x, y, w[0]))
fast_peak = peak(both(SAMPLES))
large = 100_000
xs, ys, ws = problem(large)
plain_peak_large = peak(lambda: plain_step(xs, ys, ws[0]))
fast_peak_large = peak(both(large))

# Count the arithmetic of one sample: a weight multiplies and adds once on the way forward, and
# once on the way back to its derivative; but for those of layer 1, once more for delta.
weights = sum(m * k for k, m in pairwise(net.widths))
units = sum(net.widths[1:])
products = 2 * (weights + units) * 2 + 2 * (weights - net.widths[0] * net.widths[1])
sigmoids = units

# Count the numbers that a block keeps for each sample.
inside = sum(m + 1 for m in net.widths[1:-1])
rows = net.widths[0] + 1 + inside + 2 * net.widths[-1] + 2 * units
most = fast.CACHE // (8 * rows)
blocks = {n: len(prepared(n).blocks) for n in (SAMPLES, large)}

restarts = 64
together = len(prepared(SAMPLES, restarts).slope) + len(prepared(SAMPLES, restarts).move)

# One unit by hand: z is the logarithm of 3.
z = np.log(3.0)
h = float(np.tanh(z / 2))
a = voronet.sigmoid(z)
slope = voronet.sigmoid_derivative(a)
