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
from voronet_site import evidence

net = voronet.Network()
adam = voronet.Adam()
SAMPLES, LINE = 100, fast.LINE


class Counted(np.ndarray):
    """An array that counts, for each module of the package, its calls of NumPy and what they make."""

    calls: ClassVar[Counter[str]] = Counter()
    made: ClassVar[Counter[str]] = Counter()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        Counted.calls[caller()] += 1
        result = getattr(ufunc, method)(*map(plain, inputs), **options)
        if not isinstance(result, np.ndarray):
            return result
        Counted.made[caller()] += "out" not in options
        return result.view(Counted)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        Counted.calls[caller()] += 1
        result = super().__array_function__(function, types, args, kwargs)
        if not isinstance(result, np.ndarray):
            return result
        Counted.made[caller()] += 1
        # NumPy joins arrays into a plain one, which would not be counted.
        return result.view(Counted)


def caller() -> str:
    """Return the module of the package that makes a call; checks of a state count as checks."""
    frame = sys._getframe()
    while not (name := frame.f_globals["__name__"]).startswith("voronet."):
        assert frame.f_back is not None
        frame = frame.f_back
    return "_check" if frame.f_code.co_name == "__post_init__" else name.removeprefix("voronet.")


def plain(value: Any) -> Any:
    """Return an array as NumPy's own."""
    return value.view(np.ndarray) if isinstance(value, Counted) else value


def problem(n: int, networks: int = 1) -> tuple[Any, Any, Any]:
    """Draw points, labels and parameters."""
    rng = np.random.default_rng(n)
    x, label = rng.random((2, n)), rng.integers(0, 2, n)
    return x, voronet.one_hot(label), rng.standard_normal((networks, net.size))


def plain_step(x: Any, y: Any, w: Any, state: Any) -> Any:
    """Take one step with the functions of the chapters."""
    return adam.step(w, voronet.gradient(net, w, x, y), state)


def count_plain(n: int) -> tuple[Counter[str], Counter[str]]:
    """Count a plain step's calls of NumPy and the arrays they make, for each module."""
    x, y, (w,) = (part.view(Counted) for part in problem(n))
    # Let the checks of arguments hand on what they are given, as it is.
    with patch.object(np, "asarray", np.asanyarray):
        state = adam.start(w)
        Counted.calls, Counted.made = Counter(), Counter()
        plain_step(x, y, w, state)
    return Counted.calls, Counted.made


def prepared(n: int, networks: int = 1, net: voronet.Network = net) -> fast.Prepared:
    """Prepare a step."""
    x, y, _ = problem(n)
    run = voronet.train(x, y, net=net, seed=list(range(networks)), max_steps=0)
    return fast.Prepared(run, run.w, run.state)


def peak(step: Any) -> int:
    """Measure the bytes that a step holds at most, beyond those it found."""
    step()
    peaks = []
    # Other threads of a build ask for memory as well, now and then: take the median.
    for _ in range(9):
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        step()
        peaks.append(tracemalloc.get_traced_memory()[1] - before)
        tracemalloc.stop()
    return sorted(peaks)[4]


def one_plain(n: int) -> Any:
    """Return one plain step as a function."""
    x, y, (w,) = problem(n)
    state = adam.start(w)
    return lambda: plain_step(x, y, w, state)


def one_prepared(n: int) -> Any:
    """Return one prepared step as a function."""
    job = prepared(n)
    return lambda: (job.differentiate(), job.step())


counts, made = count_plain(SAMPLES)
checks = counts["_check"]
plain_step_calls = counts["adam"]
plain_slope_calls = counts.total() - checks - plain_step_calls
plain_calls = plain_slope_calls + plain_step_calls
made_plain = made.total() - made["_check"]
job = prepared(SAMPLES)
slope_calls, move_calls = len(job.slope), len(job.move)
calls = slope_calls + move_calls
large = 100_000
plain_peak, plain_peak_large = peak(one_plain(SAMPLES)), peak(one_plain(large))
fast_peak, fast_peak_large = peak(one_prepared(SAMPLES)), peak(one_prepared(large))

# Count the arithmetic of one sample: a weight multiplies and adds once on the way forward, and
# once on the way back to its derivative; but for those of layer 1, once more for delta.
weights = sum(m * k for k, m in pairwise(net.widths))
units = sum(net.widths[1:])
sigmoids = units


def count_products(net: Any) -> int:
    """Count the additions and multiplications of one sample, forward and back."""
    weights = sum(m * k for k, m in pairwise(net.widths))
    below = net.widths[0] * net.widths[1]
    return 2 * (weights + sum(net.widths[1:])) * 2 + 2 * (weights - below)


products = count_products(net)

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

# Where the fast step and the plain functions agree, and in which sense.
agreement = evidence.fast_and_plain()

# A second layer with twice as many units.
wide = voronet.Network((2, 2, 16, 2))
wide_weights, wide_units = sum(m * k for k, m in pairwise(wide.widths)), sum(wide.widths[1:])
wide_job = prepared(SAMPLES, net=wide)
wide_calls = len(wide_job.slope) + len(wide_job.move)
if wide_calls != calls:
    raise ValueError("the page says that the number of calls does not depend on the widths")
