"""The fast step: every array made, and every call written down, before the first."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import accumulate, pairwise
from math import ceil, inf, sqrt

import numpy as np
from numpy.typing import NDArray

from voronet._check import Array
from voronet.adam import Adam
from voronet.descent import GradientDescent
from voronet.network import Network

Call = Callable[[], object]

# Bytes that the arrays of one block may take, so that they stay in the cache.
CACHE = 2**22
# Vectors up to which a matrix is multiplied by one after the other.
FEW = 8
# How many times as many columns as rows a matrix has that is multiplied row by row.
LONG = 4
# A number that a call takes as an array is not wrapped in one at every step.
ONE = np.array(1.0)


class Prepared:
    """Hold R networks, their samples and their optimiser, ready to step.

    The numbers are those of `forward`, `mean_squared_error`, `gradient` and the
    optimiser's `step`. The arrays hold multiples of them, which save calls:
    w/4, 2x, 2a, 2y − 1, 8δ and 16 n g. No network's numbers depend on another's.
    """

    def __init__(
        self,
        net: Network,
        optimiser: Adam | GradientDescent,
        x: Array,
        y: Array,
        w: Array,
        moments: list[Array],
        t: int,
    ) -> None:
        self.net, self.optimiser, self.t = net, optimiser, t
        self.order = by_layers(net)
        self.back = np.argsort(self.order)
        self._prepare(x, y, w, moments)

    # --8<-- [start:prepare]
    def _prepare(self, x: Array, y: Array, w: Array, moments: list[Array]) -> None:
        """Make the arrays, and write down the calls that work on them."""
        self.x, self.y = x, y
        self.scale = 16 * x.shape[-1]
        # Order w by layers, and take a quarter.
        self.quarter = np.take(w, self.order, axis=1) / 4
        self.mv = np.empty((len(moments), *w.shape))
        for m, moment in zip(self.mv, moments, strict=True):
            np.take(moment, self.order, axis=1, out=m)
        # Make room for 16 n g, and for its square.
        self.both = np.zeros((2, *w.shape))
        self.g = self.both[0]
        # Write down the calls of a gradient, and of a step.
        self.blocks = list(blocks(self))
        self.slope = [call for b in self.blocks for call in b.gradient()]
        self.move = list(adam(self) if moments else descent(self))

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

    # --8<-- [start:doubt]
    def in_doubt(self, tol: float) -> bool:
        """Tell whether some ‖g‖ may be below tol, or not finite."""
        if len(self.g) > 1:
            return bool(self.doubt(tol).any())
        # One entry tells enough as a rule: |g_1| ≤ ‖g‖.
        return not tol * self.scale <= abs(self.g.item(0)) < inf

    def doubt(self, tol: float) -> NDArray[np.bool_]:
        """Tell for which networks that may be, shape (R,)."""
        first = np.abs(self.g[:, 0])
        sure: NDArray[np.bool_] = (tol * self.scale <= first) & (first < inf)
        return ~sure

    # --8<-- [end:doubt]

    def norm(self) -> Array:
        """Return ‖g‖ of every network, (R,), between a gradient and its step."""
        norms: Array = np.sqrt(np.vecdot(self.g, self.g)) / self.scale
        return norms

    def loss(self) -> Array:
        """Return L(w) of every network, (R,), as `differentiate` left it."""
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
        return mean

    @property
    def w(self) -> Array:
        """The parameters in the order of the pages, (R, p), a copy."""
        w: Array = np.take(self.quarter, self.back, axis=1)
        return np.multiply(w, 4, out=w)

    @property
    def moments(self) -> list[Array]:
        """The optimiser's moments in the order of the pages, copies."""
        return list(np.take(self.mv, self.back, axis=2))

    def keep(self, rows: NDArray[np.bool_]) -> None:
        """Go on with some of the networks: those where the mask `rows` is true."""
        g = self.g[rows]
        x, y = (part if part.ndim == 2 else part[rows] for part in (self.x, self.y))
        self._prepare(x, y, self.w[rows], [moment[rows] for moment in self.moments])
        self.g[:] = g


class Block:
    """Write down the calls for some networks on some samples.

    Every array is (networks, rows, samples), and `h` is tanh(z/2) of all layers.
    """

    def __init__(
        self, job: Prepared, rows: slice, columns: slice, room: "Room"
    ) -> None:
        self.rows, self.first = rows, columns.start == 0
        # Take 2x over a row of twos, and 2y - 1.
        x, y = own(job.x, rows, columns), own(job.y, rows, columns)
        twos = np.full((len(x), 1, x.shape[2]), 2.0)
        self.a, self.s = [np.concatenate([2 * x, twos], axis=1), *room.a], 2 * y - 1
        self.after = [a[:, :-1] for a in room.a]
        self.every, self.h = room.every, room.h
        self.delta, self.error = room.delta, room.error
        # Show w, g and a part of g as one matrix for each layer.
        self.g, self.part = job.g[rows], room.part
        self.w = matrices(job.net, job.quarter[rows])
        self.into = matrices(job.net, self.g if self.first else self.part)
        self.ahead = list(self.forward())

    # --8<-- [start:forward]
    def forward(self) -> Iterator[Call]:
        """Write down the forward pass, as far as the errors 2 (a − y)."""
        for w, a, h, after in zip(
            self.w, self.a, self.h, [*self.after, None], strict=True
        ):
            # Apply a layer: z/2 = W/4 · 2a + b/2, then h = tanh(z/2).
            yield product(w.mT, a, h)
            yield partial(np.tanh, h, h)
            # Hand 2a = 1 + h to the next layer.
            if after is not None:
                yield partial(np.add, h, ONE, after)
        # Compare the last h with 2y - 1.
        yield partial(np.subtract, self.h[-1], self.s, self.error)

    # --8<-- [end:forward]

    # --8<-- [start:gradient]
    def gradient(self) -> Iterator[Call]:
        """Write down the gradient of the block, 16 Σ_i ∇ℓ_i."""
        yield from self.ahead
        # Take 4σ' = 1 - h² of all layers at once, in place of h.
        yield partial(np.square, self.every, self.every)
        yield partial(np.subtract, ONE, self.every, self.every)
        # Start at the output: 8δ = 2 (a - y) ⊙ 4σ'.
        yield partial(np.multiply, self.error, self.h[-1], self.delta[-1])
        for k in reversed(range(len(self.w))):
            # Multiply 8δ by 2a, and by the row of twos for b.
            yield outer(self.a[k], self.delta[k], self.into[k])
            if k > 0:
                # Go back a layer: 8δ = (Wᵀ/4 · 8δ) ⊙ 4σ'.
                delta, slope = self.delta[k - 1], self.h[k - 1]
                yield product(self.w[k][:, :-1], self.delta[k], delta)
                yield partial(np.multiply, delta, slope, delta)
        # Add the parts of g from one network's blocks.
        if not self.first:
            yield partial(np.add, self.g, self.part, self.g)

    # --8<-- [end:gradient]


class Room:
    """Make the arrays that blocks of one size share.

    The last row of each `a` holds twos, and stays: it multiplies b/4.
    """

    def __init__(self, net: Network, networks: int, samples: int) -> None:
        def rows(m: int) -> Array:
            """Make m rows; in memory, the networks lie side by side in each."""
            # A single column has to look the same to BLAS beside others and alone.
            if samples == 1:
                return np.full((networks, m, 1), 2.0)
            return np.full((m, networks, samples), 2.0).swapaxes(0, 1)

        ends = list(pairwise(accumulate(net.widths[1:], initial=0)))
        self.a = [rows(m + 1) for m in net.widths[1:-1]]
        self.every, delta = rows(ends[-1][1]), rows(ends[-1][1])
        self.h = [self.every[:, start:stop] for start, stop in ends]
        self.delta = [delta[:, start:stop] for start, stop in ends]
        self.error = rows(net.widths[-1])
        self.part = np.empty((networks, net.size))


# --8<-- [start:blocks]
def blocks(job: Prepared) -> Iterator[Block]:
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


def own(part: Array, rows: slice, columns: slice) -> Array:
    """Return some columns of x or y, for some networks or for all alike."""
    return part[rows, :, columns] if part.ndim == 3 else part[np.newaxis, :, columns]


# --8<-- [start:products]
def product(left: Array, right: Array, out: Array) -> Call:
    """Write down out = left · right, a product for each network."""
    # Multiply each row of the left matrix by the right one, if both are long.
    if left.shape[2] >= LONG * left.shape[1] and right.shape[2] > FEW:
        return partial(np.vecmat, left, right[:, np.newaxis], out)
    # Take the shorter way to the same product for one network.
    if len(out) == 1 and min(*left.shape[1:], out.shape[2]) > 1:
        return partial(left[0].dot, right[0], out[0])
    return partial(np.matmul, left, right, out)


def outer(a: Array, delta: Array, out: Array) -> Call:
    """Write down out = a · δᵀ, a sum of as many terms as there are samples."""
    # Multiply the taller matrix by each row of the other, if few.
    if min(a.shape[1], delta.shape[1]) > FEW:
        return product(a, delta.mT, out)
    if delta.shape[1] > a.shape[1]:
        return partial(np.matvec, delta[:, np.newaxis], a, out)
    return partial(np.matvec, a[:, np.newaxis], delta, out.mT)


# --8<-- [end:products]


# --8<-- [start:adam]
def adam(job: Prepared) -> Iterator[Call]:
    """Write down Adam's step, for all parameters of all networks."""
    assert isinstance(job.optimiser, Adam)
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


def descent(job: Prepared) -> Iterator[Call]:
    """Write down the step of gradient descent."""
    rate = np.array(job.optimiser.learning_rate / 4 / job.scale)
    s = job.both[1]
    yield partial(np.multiply, job.g, rate, s)
    yield partial(np.subtract, job.quarter, s, job.quarter)


def by_layers(net: Network) -> NDArray[np.int64]:
    """List where the entries of each layer's W_kᵀ, and b_k below it, stand in w."""
    weights, biases = net.unpack(np.arange(float(net.size)))
    layers = [
        np.vstack([weight.T, bias]).ravel()
        for weight, bias in zip(weights, biases, strict=True)
    ]
    return np.concatenate(layers).astype(np.int64)


def matrices(net: Network, w: Array) -> list[Array]:
    """Show w, in the order of `by_layers`, as one matrix for each layer: views."""
    shapes = [(k + 1, m) for k, m in pairwise(net.widths)]
    ends = accumulate((k * m for k, m in shapes), initial=0)
    return [
        w[:, start:stop].reshape(len(w), *shape)
        for shape, (start, stop) in zip(shapes, pairwise(ends), strict=True)
    ]
