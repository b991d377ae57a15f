"""The step of training, with everything that does not change prepared once."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from voronet._check import Array
from voronet.adam import Adam
from voronet.descent import GradientDescent
from voronet.network import Network


class Prepared:
    """Hold R networks, their samples and their optimiser, ready to step.

    The arithmetic is that of `forward`, `mean_squared_error`, `gradient` and the
    optimiser's `step`, without their checks. Every array has the leading axis R.
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
        self.net, self.optimiser = net, optimiser
        self.x, self.y = x, y
        self.w, self.moments, self.t = w, moments, t
        self.g = np.zeros_like(w)

    def differentiate(self) -> Array:
        """Compute g = ∇L(w) for every network and return ‖g‖, shape (R,)."""
        weights, biases = self.net.unpack(self.w)
        a = [self.x]
        for weight, bias in zip(weights, biases, strict=True):
            z = np.maximum(weight @ a[-1] + bias[..., np.newaxis], -700.0)
            a.append(1.0 / (1.0 + np.exp(-z)))
        self.output = a[-1]
        n = self.x.shape[-1]
        delta = (a[-1] - self.y) * (a[-1] * (1.0 - a[-1]))
        for k in range(self.net.depth, 0, -1):
            into, shift = self._slices[k - 1]
            g_weight = delta @ a[k - 1].swapaxes(-1, -2) / n
            self.g[:, into] = g_weight.reshape(len(self.w), -1)
            self.g[:, shift] = delta.sum(axis=-1) / n
            if k > 1:
                back = weights[k - 1].swapaxes(-1, -2) @ delta
                delta = back * (a[k - 1] * (1.0 - a[k - 1]))
        norm: Array = np.sqrt((self.g**2).sum(axis=-1))
        return norm

    @property
    def _slices(self) -> list[tuple[slice, slice]]:
        ends = np.cumsum([0, *(int(np.prod(shape)) for shape in self.net.shapes)])
        cuts = [slice(*pair) for pair in pairwise(ends)]
        return list(zip(cuts[: self.net.depth], cuts[self.net.depth :], strict=True))

    def loss(self) -> Array:
        """Return L(w) for every network, shape (R,), as `differentiate` left it."""
        losses = 0.5 * ((self.output - self.y) ** 2).sum(axis=-2)
        mean: Array = losses.sum(axis=-1) / losses.shape[-1]
        return mean

    def step(self) -> None:
        """Move every network by one step of the optimiser."""
        self.t += 1
        rate = self.optimiser.learning_rate
        if isinstance(self.optimiser, GradientDescent):
            self.w = self.w - rate * self.g
            return
        adam, (m, v) = self.optimiser, self.moments
        m = adam.beta1 * m + (1 - adam.beta1) * self.g
        v = adam.beta2 * v + (1 - adam.beta2) * self.g**2
        m_hat = m / (1 - adam.beta1**self.t)
        v_hat = v / (1 - adam.beta2**self.t)
        self.w = self.w - rate * m_hat / (np.sqrt(v_hat) + adam.epsilon)
        self.moments = [m, v]

    def keep(self, rows: NDArray[np.bool_]) -> None:
        """Go on with some of the networks: those where the mask `rows` is true."""
        self.w, self.g = self.w[rows], self.g[rows]
        self.moments = [moment[rows] for moment in self.moments]
        self.x = self.x if self.x.ndim == 2 else self.x[rows]
        self.y = self.y if self.y.ndim == 2 else self.y[rows]
