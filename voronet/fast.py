"""The fast step: every array made, and every call written down, before the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate, pairwise
from math import ceil, inf, prod, sqrt
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from voronet._check import Array
from voronet._problem import Problem, select
from voronet.adam import AdamState
from voronet.descent import DescentState
from voronet.network import Network

Call = Callable[[], object]

# Bytes that the arrays of one block may take, so that they stay in the cache.
CACHE = 2**22
# A network's part of an array begins at a multiple of so many numbers.
LINE = 8
# Vectors up to which a matrix is multiplied by one after the other.
FEW = 8
# How many times as many columns as rows a matrix has that is multiplied row by row.
LONG = 4
# A number that a call takes as an array is not wrapped in one at every step.
ONE = np.array(1.0)


# --8<-- [start:Prepared]
class Prepared:
    """Hold R networks, their samples and their optimiser, ready to step.

    The numbers are those of the plain functions and of the step of Adam or gradient
    descent. The arrays hold multiples of them, which save calls: w/4, 2x, 2a, 2y − 1,
    8δ and 16 n g.
    """

    def __init__(self, problem: Problem, w: Array, state: Any) -> None:
        self.net, self.t = problem.net, state.t
        self.optimiser: Any = problem.optimiser
        self.shape, self.order = w.shape, _order_by_layers(problem.net)
        self.back = np.argsort(self.order)
        moments = (state.m, state.v) if isinstance(state, AdamState) else ()
        rows = [part.reshape(-1, w.shape[-1]) for part in (w, *moments)]
        x, y = (part.reshape(-1, *part.shape[-2:]) for part in (problem.x, problem.y))
        self._prepare(x, y, *rows)

    # --8<-- [end:Prepared]

    # --8<-- [start:prepare]
    def _prepare(self, x: Array, y: Array, w: Array, *moments: Array) -> None:
        """Make the arrays, and write down the calls that work on them."""
        self.x, self.y, self.scale = x, y, 16 * x.shape[-1]
        # Make a row for each network: w/4, the moments, 16 n g and its square.
        R, p = w.shape
        self.quarter = _make_lines(R, p)
        self.mv = _make_lines(len(moments), R, p)
        self.both = _make_lines(2, R, p)
        self.g, self.flat = self.both[0], self.both[0].ravel()
        # Fill in w/4 and the moments, ordered by layers.
        self.quarter[:, :p] = w[:, self.order] / 4
        for row, moment in zip(self.mv, moments, strict=True):
            row[:, :p] = moment[:, self.order]
        # Write down the calls of a gradient, and of a step.
        self.blocks = list(_cut_blocks(self))
        self.slope = [call for b in self.blocks for call in b.differentiate()]
        self.move = list(_step_adam(self) if moments else _step_descent(self))

    # --8<-- [end:prepare]

    # --8<-- [start:run]
    def differentiate(self) -> None:
        """Compute g = ∇L(w) for every network."""
        for call in self.slope:
            call()

    def step(self) -> None:
        """Move every network by one step of the optimiser."""
        self.t += 1
        for call in self.move:
            call()

    # --8<-- [end:run]

    # --8<-- [start:ends]
    def find_ends(self, tol: float) -> NDArray[np.bool_] | bool:
        """Tell which networks have ‖g‖ < tol, or a ‖g‖ that is not finite."""
        # Take no root where the square of one norm tells enough.
        if len(self.g) == 1:
            enough = (tol * self.scale) ** 2 * (1 + 1e-9)
            if enough < self.flat.dot(self.flat) < inf:
                return False
        norm = self.norm()
        ends = ~((norm >= tol) & (norm < inf))
        return ends if ends.any() else False

    # --8<-- [end:ends]

    # --8<-- [start:norm]
    def norm(self) -> Array:
        """Return ‖g‖ of every network, between a gradient and its step."""
        norms: Array = np.sqrt(np.vecdot(self.g, self.g)) / self.scale
        return norms.reshape(self.shape[:-1])

    # --8<-- [end:norm]

    # --8<-- [start:loss]
    def loss(self) -> Array:
        """Return L(w) of every network, as `differentiate` left it."""
        total = np.zeros(len(self.g))
        for block in self.blocks:
            # Blocks take turns in their arrays; one alone still holds its errors.
            if len(self.blocks) > 1:
                for call in block.ahead:
                    call()
            # Square 2 (a - y), and add over samples, one unit after the other.
            for error in block.error.swapaxes(0, 1):
                total[block.rows] += np.vecdot(error, error)
        mean: Array = total / (8 * self.x.shape[-1])
        return mean.reshape(self.shape[:-1])

    # --8<-- [end:loss]

    # --8<-- [start:state]
    @property
    def w(self) -> Array:
        """The parameters in the order of the pages, a copy."""
        return 4 * self._restore(self.quarter)

    @property
    def state(self) -> AdamState | DescentState:
        """The optimiser's state in the order of the pages, a copy."""
        if not len(self.mv):
            return DescentState(self.t)
        return AdamState(self.t, *(self._restore(row) for row in self.mv))

    def _restore(self, rows: Array) -> Array:
        """Return some parameters in the order and the shape of w."""
        return rows[:, self.back].reshape(self.shape)

    # --8<-- [end:state]

    # --8<-- [start:keep]
    def keep(self, rows: NDArray[np.bool_]) -> None:
        """Go on with some of the networks: those where the mask `rows` is true."""
        g, w, state = self.g[rows], self.w[rows], self.state
        self.shape = w.shape
        moments = (state.m, state.v) if isinstance(state, AdamState) else ()
        x, y = select(self.x, rows), select(self.y, rows)
        self._prepare(x, y, w, *(moment[rows] for moment in moments))
        self.g[:] = g

    # --8<-- [end:keep]


# --8<-- [start:Block]
class Block:
    """Write down the calls for some networks on some samples.

    Every array is (networks, rows, samples), and `h` is tanh(z/2) of all layers.
    """

    def __init__(self, job: Prepared, rows: slice, columns: slice, room: Room) -> None:
        self.rows, self.first = rows, columns.start == 0
        # Take 2x over a row of twos, and 2y - 1.
        x = select(job.x, rows)[..., columns]
        y = select(job.y, rows)[..., columns]
        (n0, *_, nK), n = job.net.widths, x.shape[-1]
        _, (twice_x,) = _make_parts(len(x), n, [n0 + 1])
        _, (self.s,) = _make_parts(len(y), n, [nK])
        twice_x[:, :-1], twice_x[:, -1], self.s[:] = 2 * x, 2, 2 * y - 1
        # Share a room with the other blocks of this size.
        self.a, self.h, self.every = [twice_x, *room.a], room.h, room.every
        self.delta, self.error = room.delta, room.error
        # Show w, g and a part of g as one matrix for each layer.
        self.g, self.part = job.g[rows], room.part
        self.w = _show_matrices(job.net, job.quarter[rows])
        self.into = _show_matrices(job.net, self.g if self.first else self.part)
        self.ahead = list(self.pass_forward())

    # --8<-- [end:Block]

    # --8<-- [start:forward]
    def pass_forward(self) -> Iterator[Call]:
        """Write down the forward pass, as far as the errors 2 (a − y)."""
        for k, (w, h) in enumerate(zip(self.w, self.h, strict=True)):
            # Apply a layer: z/2 = W/4 · 2a + b/2, then h = tanh(z/2).
            yield _multiply(w.mT, self.a[k], h)
            yield partial(np.tanh, _close_gaps(h), _close_gaps(h))
            # Hand 2a = 1 + h to the next layer.
            if k + 1 < len(self.a):
                yield partial(np.add, h, ONE, self.a[k + 1][:, :-1])
        # Compare the last h with 2y - 1.
        yield partial(np.subtract, *map(_close_gaps, (self.h[-1], self.s, self.error)))

    # --8<-- [end:forward]

    # --8<-- [start:gradient]
    def differentiate(self) -> Iterator[Call]:
        """Write down the gradient of the block, 16 Σ_i ∇ℓ_i."""
        yield from self.ahead
        # Take 4σ' = 1 - h² of all layers at once, in place of h.
        yield partial(np.square, self.every, self.every)
        yield partial(np.subtract, ONE, self.every, self.every)
        # Start at the output: 8δ = 2 (a - y) ⊙ 4σ'.
        delta = [_close_gaps(part) for part in self.delta]
        slope = [_close_gaps(part) for part in self.h]
        yield partial(np.multiply, _close_gaps(self.error), slope[-1], delta[-1])
        for k in reversed(range(len(self.w))):
            # Multiply 8δ by 2a, and by the row of twos for b.
            yield _sum_outer(self.a[k], self.delta[k], self.into[k])
            if k > 0:
                # Go back a layer: 8δ = (Wᵀ/4 · 8δ) ⊙ 4σ'.
                yield _multiply(self.w[k][:, :-1], self.delta[k], self.delta[k - 1])
                yield partial(np.multiply, delta[k - 1], slope[k - 1], delta[k - 1])
        # Add the parts of g from one network's blocks.
        if not self.first:
            yield partial(np.add, self.g, self.part, self.g)

    # --8<-- [end:gradient]


# --8<-- [start:Room]
class Room:
    """Make the arrays that blocks of one size share.

    The last row of each `a` holds twos, and stays: it multiplies b/4.
    """

    def __init__(self, net: Network, networks: int, samples: int) -> None:
        size, widths = (networks, samples), net.widths[1:]
        _, self.a = _make_parts(*size, [m + 1 for m in widths[:-1]])
        for a in self.a:
            a[:, -1] = 2
        # The h of all layers lie end to end, for the slopes.
        self.every, self.h = _make_parts(*size, widths)
        _, self.delta = _make_parts(*size, widths)
        _, (self.error,) = _make_parts(*size, widths[-1:])
        self.part = _make_lines(networks, net.size)


# --8<-- [end:Room]


# --8<-- [start:layout]
def _make_lines(*shape: int) -> Array:
    """Make zeros whose rows begin at a multiple of LINE, with zeros at their ends."""
    *lead, p = shape
    length = ceil(p / LINE) * LINE
    # Leave out the first few numbers, up to such a place.
    whole = np.zeros(prod(lead) * length + LINE)
    start = -whole.ctypes.data // whole.itemsize % LINE
    return whole[start : len(whole) - LINE + start].reshape(*lead, length)


def _make_parts(
    networks: int, samples: int, heights: Sequence[int]
) -> tuple[Array, list[Array]]:
    """Make arrays (networks, m, samples) for some m, end to end in one."""
    lengths = [ceil(m * samples / LINE) * LINE for m in heights]
    whole = _make_lines(networks * sum(lengths))
    parts, start = [], 0
    for m, length in zip(heights, lengths, strict=True):
        # Lay each network's matrix out by rows, one line after the other.
        shape, strides = (networks, m, samples), (length, samples, 1)
        parts.append(as_strided(whole[start:], shape, [8 * step for step in strides]))
        start += networks * length
    return whole, parts


def _close_gaps(part: Array) -> Array:
    """Show a part with what lies between its matrices, for calls entry by entry."""
    step = part.strides[0]
    return as_strided(part, (len(part), step // 8), (step, 8))


def _show_matrices(net: Network, rows: Array) -> list[Array]:
    """Show rows of parameters, ordered by layers, as a matrix for each layer."""
    shapes = [(k + 1, m) for k, m in pairwise(net.widths)]
    starts = accumulate((k * m for k, m in shapes), initial=0)
    return [
        as_strided(rows[:, start:], (len(rows), k, m), (rows.strides[0], 8 * m, 8))
        for (k, m), start in zip(shapes, starts, strict=False)
    ]


# --8<-- [end:layout]


# --8<-- [start:order]
def _order_by_layers(net: Network) -> NDArray[np.int64]:
    """List where the entries of each layer's W_kᵀ, and b_k below it, stand in w."""
    weights, biases = net.unpack(np.arange(float(net.size)))
    layers = [
        np.vstack([weight.T, bias]).ravel()
        for weight, bias in zip(weights, biases, strict=True)
    ]
    return np.concatenate(layers).astype(np.int64)


# --8<-- [end:order]


# --8<-- [start:blocks]
def _cut_blocks(job: Prepared) -> Iterator[Block]:
    """Cut networks and samples into blocks whose arrays fit the cache."""
    (n0, *hidden, nK), (R, n) = job.net.widths, (len(job.g), job.x.shape[-1])
    # Count the rows of x, y, a - y, a, h and δ, and the columns that fit.
    rows = n0 + 1 + 2 * nK + sum(m + 1 for m in hidden) + 2 * sum((*hidden, nK))
    most = max(1, CACHE // (8 * rows))
    # Share the samples out evenly, then the networks.
    samples = ceil(n / ceil(n / most))
    networks = ceil(R / ceil(R / max(1, most // samples)))
    rooms: dict[tuple[int, int], Room] = {}
    for first in range(0, R, networks):
        some = slice(first, min(R, first + networks))
        for start in range(0, n, samples):
            cut = slice(start, min(n, start + samples))
            size = some.stop - some.start, cut.stop - cut.start
            if size not in rooms:
                rooms[size] = Room(job.net, *size)
            yield Block(job, some, cut, rooms[size])


# --8<-- [end:blocks]


# --8<-- [start:products]
def _multiply(left: Array, right: Array, out: Array) -> Call:
    """Write down out = left · right, a product for each network."""
    # Multiply each row of the left matrix by the right one, if both are long.
    if left.shape[2] >= LONG * left.shape[1] and right.shape[2] > FEW:
        return partial(np.vecmat, left, right[:, np.newaxis], out)
    # Take the shorter way to the same product for one network.
    if len(out) == 1 and min(*left.shape[1:], out.shape[2]) > 1:
        return partial(left[0].dot, right[0], out[0])
    return partial(np.matmul, left, right, out)


def _sum_outer(a: Array, delta: Array, out: Array) -> Call:
    """Write down out = a · δᵀ, a sum of as many terms as there are samples."""
    # Multiply the taller matrix by each row of the other, if few.
    if min(a.shape[1], delta.shape[1]) > FEW:
        return _multiply(a, delta.mT, out)
    if delta.shape[1] > a.shape[1]:
        return partial(np.matvec, delta[:, np.newaxis], a, out)
    return partial(np.matvec, a[:, np.newaxis], delta, out.mT)


# --8<-- [end:products]


# --8<-- [start:adam]
def _step_adam(job: Prepared) -> Iterator[Call]:
    """Write down Adam's step, for all parameters of all networks."""
    optimiser, (m, v) = job.optimiser, job.mv
    beta = optimiser.beta1, optimiser.beta2
    # Divide the gradient by its scale where 1 - β multiplies it.
    kept, new = np.empty((2, *job.mv.shape))
    kept[0], kept[1] = beta
    new[0] = (1 - beta[0]) / job.scale
    new[1] = (1 - beta[1]) / job.scale**2
    rate, floor, s = np.empty(()), np.empty(()), np.empty_like(m)

    def correct() -> None:
        """Set what changes with t: the corrections of both moments."""
        root = sqrt(1 - beta[1] ** job.t)
        rate[()] = optimiser.learning_rate / 4 * root / (1 - beta[0] ** job.t)
        floor[()] = optimiser.epsilon * root

    yield correct
    # Update both moments: (m, v) = β (m, v) + (1 - β) (g, g²).
    yield partial(np.multiply, job.g, job.g, job.both[1])
    yield partial(np.multiply, job.both, new, job.both)
    yield partial(np.multiply, job.mv, kept, job.mv)
    yield partial(np.add, job.mv, job.both, job.mv)
    # Step: subtract rate · m / (√v + floor) from w/4.
    yield partial(np.sqrt, v, s)
    yield partial(np.add, s, floor, s)
    yield partial(np.divide, m, s, s)
    yield partial(np.multiply, s, rate, s)
    yield partial(np.subtract, job.quarter, s, job.quarter)


# --8<-- [end:adam]


# --8<-- [start:descent]
def _step_descent(job: Prepared) -> Iterator[Call]:
    """Write down the step of gradient descent."""
    rate = np.array(job.optimiser.learning_rate / 4 / job.scale)
    s = job.both[1]
    yield partial(np.multiply, job.g, rate, s)
    yield partial(np.subtract, job.quarter, s, job.quarter)


# --8<-- [end:descent]
