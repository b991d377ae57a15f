"""The step of training, with everything that does not change prepared once."""

from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from voronet._check import Array
from voronet.adam import Adam
from voronet.descent import GradientDescent
from voronet.network import Network

# Samples worked on at a time: few enough that their arrays stay in the cache.
BLOCK = 2048


class Prepared:
    """Hold R networks, their samples and their optimiser, ready to step.

    The arithmetic is that of `forward`, `mean_squared_error`, `gradient` and the
    optimiser's `step`, without their checks, in arrays that are made once. Every array
    has the leading axis R, and no row depends on another.
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
        # Put each bias beside its matrix, as one more column: W|b.
        self._order = layered(net)
        self._back = np.argsort(self._order)
        self._w = np.take(w, self._order, axis=1)
        self._moments = [np.take(m, self._order, axis=1) for m in moments]
        # Give each point a last entry of one, which the bias multiplies.
        x = x if x.ndim == 3 else x[np.newaxis]
        ones = np.ones((len(x), 1, x.shape[-1]))
        self._x, self._y = np.concatenate([x, ones], axis=1), y
        self._make()

    @property
    def w(self) -> Array:
        """The parameters in the order of the pages, (R, p)."""
        w: Array = np.take(self._w, self._back, axis=1)
        return w

    @property
    def moments(self) -> list[Array]:
        """The optimiser's moments in the order of the pages, each (R, p)."""
        return [np.take(m, self._back, axis=1) for m in self._moments]

    # --8<-- [start:make]
    def _make(self) -> None:
        """Make every array that a step writes into."""
        n = self._x.shape[-1]
        # Make g, the part of it from one block, and two scratch vectors.
        self._g, self._part, self._s, self._u = np.empty((4, *self._w.shape))
        self._norm = np.empty(len(self._w))
        # Cut the samples into blocks; those of one size share their arrays.
        sizes = {min(n, BLOCK), n % BLOCK or min(n, BLOCK)}
        layers = {size: self._layers(size) for size in sizes}
        self._blocks = []
        for start in range(0, n, BLOCK):
            cut = np.s_[..., start : start + BLOCK]
            x, y = (
                np.ascontiguousarray(self._x[cut]),
                np.ascontiguousarray(self._y[cut]),
            )
            a, delta, slope = layers[x.shape[-1]]
            # Leave the row of ones out where a layer is written.
            inner = [layer[:, :-1] for layer in a]
            self._blocks.append(Block([x, *a], y, inner, delta, slope))
        # Show w, g and the part as one matrix W|b for each layer.
        self._weights = matrices(self.net, self._w)
        self._into = matrices(self.net, self._g), matrices(self.net, self._part)

    def _layers(self, size: int) -> tuple[list[Array], list[Array], list[Array]]:
        """Make a, with a row of ones below, δ and σ′ of each layer."""
        rows, widths = len(self._w), self.net.widths[1:]
        a = [np.ones((rows, m + 1, size)) for m in widths]
        delta = [np.empty((rows, m, size)) for m in widths]
        slope = [np.empty((rows, m, size)) for m in widths]
        return a, delta, slope

    # --8<-- [end:make]

    # --8<-- [start:differentiate]
    def differentiate(self) -> Array:
        """Compute g = ∇L(w) for every network and return ‖g‖, shape (R,)."""
        # Add up the parts of g from each block of samples.
        for i, block in enumerate(self._blocks):
            self._forward(block)
            self._backward(block, self._into[i > 0])
            if i > 0:
                np.add(self._g, self._part, out=self._g)
        # Divide by n, and measure the length.
        np.divide(self._g, self._x.shape[-1], out=self._g)
        np.multiply(self._g, self._g, out=self._s)
        np.add.reduce(self._s, axis=-1, out=self._norm)
        norm: Array = np.sqrt(self._norm, out=self._norm)
        return norm

    # --8<-- [end:differentiate]

    # --8<-- [start:passes]
    def _forward(self, block: "Block") -> None:
        """Run a block of samples through every layer."""
        layers = zip(self._weights, block.incoming, block.a, strict=False)
        for weight, incoming, a in layers:
            # Take z = W a + b, then 1 / (1 + exp(-z)), in place.
            np.matmul(weight, incoming, out=a)
            np.negative(a, out=a)
            np.exp(a, out=a)
            np.add(a, 1.0, out=a)
            np.reciprocal(a, out=a)

    def _backward(self, block: "Block", into: list[Array]) -> None:
        """Carry the deltas of a block back, and write its part of g."""
        # Start at the output: δ = (a - y) ⊙ a (1 - a).
        np.subtract(block.a[-1], block.y, out=block.delta[-1])
        for k in reversed(range(self.net.depth)):
            a, delta, slope = block.a[k], block.delta[k], block.slope[k]
            np.subtract(1.0, a, out=slope)
            np.multiply(slope, a, out=slope)
            np.multiply(delta, slope, out=delta)
            # Multiply by what came in, a row of ones for the bias.
            came = block.incoming[k].swapaxes(-1, -2)
            np.matmul(delta, came, out=into[k])
            if k > 0:
                # Go back a layer: Wᵀ δ, without the column of b.
                back = self._weights[k][..., :-1].swapaxes(-1, -2)
                np.matmul(back, delta, out=block.delta[k - 1])

    # --8<-- [end:passes]

    def loss(self) -> Array:
        """Compute L(w) for every network, shape (R,)."""
        total = np.zeros(len(self._w))
        for block in self._blocks:
            self._forward(block)
            losses = 0.5 * ((block.a[-1] - block.y) ** 2).sum(axis=-2)
            total += losses.sum(axis=-1)
        mean: Array = total / self._x.shape[-1]
        return mean

    # --8<-- [start:step]
    def step(self) -> None:
        """Move every network by one step of the optimiser."""
        self.t += 1
        rate, g, s, u = self.optimiser.learning_rate, self._g, self._s, self._u
        if isinstance(self.optimiser, GradientDescent):
            np.subtract(self._w, np.multiply(rate, g, out=s), out=self._w)
            return
        beta1, beta2 = self.optimiser.beta1, self.optimiser.beta2
        # Update the two moments in place.
        m, v = self._moments
        np.multiply(beta1, m, out=m)
        np.add(m, np.multiply(1 - beta1, g, out=s), out=m)
        np.multiply(beta2, v, out=v)
        np.multiply(g, g, out=s)
        np.add(v, np.multiply(1 - beta2, s, out=s), out=v)
        # Divide m_hat by the root of v_hat and epsilon.
        np.divide(v, 1 - beta2**self.t, out=s)
        np.add(np.sqrt(s, out=s), self.optimiser.epsilon, out=s)
        np.multiply(rate / (1 - beta1**self.t), m, out=u)
        np.subtract(self._w, np.divide(u, s, out=u), out=self._w)

    # --8<-- [end:step]

    def keep(self, rows: NDArray[np.bool_]) -> None:
        """Go on with some of the networks: those where the mask `rows` is true."""
        g = self._g[rows]
        self._w = self._w[rows]
        self._moments = [moment[rows] for moment in self._moments]
        self._x = self._x if len(self._x) != len(rows) else self._x[rows]
        self._y = self._y if self._y.ndim == 2 else self._y[rows]
        self._make()
        self._g[:] = g


@dataclass(frozen=True)
class Block:
    """Hold some of the samples, and views of the arrays that they pass through."""

    incoming: list[Array]
    y: Array
    a: list[Array]
    delta: list[Array]
    slope: list[Array]


def layered(net: Network) -> NDArray[np.int64]:
    """List where the entries of W_1|b_1, …, W_K|b_K, row by row, stand in w."""
    weights, biases = net.unpack(np.arange(float(net.size)))
    sides = [
        np.concatenate([weight, bias[:, np.newaxis]], axis=1).ravel()
        for weight, bias in zip(weights, biases, strict=True)
    ]
    return np.concatenate(sides).astype(np.int64)


def matrices(net: Network, w: Array) -> list[Array]:
    """Show w, in the order of `layered`, as W_1|b_1, …, W_K|b_K: views."""
    shapes = [(m, k + 1) for k, m in pairwise(net.widths)]
    ends = accumulate((m * k for m, k in shapes), initial=0)
    return [
        w[:, start:stop].reshape(len(w), *shape)
        for shape, (start, stop) in zip(shapes, pairwise(ends), strict=True)
    ]
