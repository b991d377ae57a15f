"""Gradient descent, with all samples or one: a single rate for every parameter."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from voronet._check import (
    Array,
    columns,
    generator,
    instance,
    integer,
    number,
    pair,
    shown,
    vectors,
)
from voronet.backprop import gradient
from voronet.network import Network, parameters


@dataclass(frozen=True)
class DescentState:
    """What gradient descent remembers between two steps: their number t.

    Parameters
    ----------
    t : int
        The number of steps taken.

    Raises
    ------
    ValueError
        If `t` is not an integer >= 0.

    Examples
    --------
    >>> DescentState(t=0).t
    0
    """

    t: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "t", integer("t", self.t, least=0))


@dataclass(frozen=True)
class GradientDescent:
    """Gradient descent: step against the gradient, at one rate.

    Parameters
    ----------
    learning_rate : float
        η > 0, in units of w².

    Raises
    ------
    ValueError
        If `learning_rate` is not a finite number above 0.

    Notes
    -----
    w_t = w_{t−1} − η g_t.

    Higham & Higham (2019), section 4.

    Examples
    --------
    >>> descent = GradientDescent(learning_rate=0.5)
    >>> w, state = descent.step([1.0], [0.4], descent.start([1.0]))
    >>> w, state.t
    (array([0.8]), 1)
    """

    learning_rate: float

    def __post_init__(self) -> None:
        rate = number(
            "learning_rate", self.learning_rate, lambda r: r > 0, "a finite number > 0"
        )
        object.__setattr__(self, "learning_rate", rate)

    def start(self, w: ArrayLike) -> DescentState:
        """Begin before the first step.

        Parameters
        ----------
        w : array_like
            The parameters.

        Returns
        -------
        DescentState
            t = 0.

        Raises
        ------
        ValueError
            If `w` is not real and finite.

        Examples
        --------
        >>> GradientDescent(0.1).start([1.0]).t
        0
        """
        vectors("w", w)
        return DescentState(t=0)

    # --8<-- [start:step]
    def step(
        self,
        w: ArrayLike,
        g: ArrayLike,
        state: DescentState,
    ) -> tuple[Array, DescentState]:
        """Take one step against the gradient.

        Parameters
        ----------
        w : array_like, shape (p,) or (R, p)
            The parameters w_{t−1}.
        g : array_like, the shape of w
            The gradient g_t there.
        state : DescentState
            The number of steps taken.

        Returns
        -------
        w, state
            w_t, and the state with t. Nothing is changed in place.

        Raises
        ------
        ValueError
            If the shapes of `w` and `g` differ, or a number is not finite.

        Examples
        --------
        >>> descent = GradientDescent(learning_rate=0.1)
        >>> descent.step([1.0], [2.0], descent.start([1.0]))[0]
        array([0.8])
        """
        instance("state", state, DescentState)
        w, g = pair(w, g)
        # Step against the gradient, and count the step.
        w = w - self.learning_rate * g
        return w, DescentState(state.t + 1)

    # --8<-- [end:step]


# --8<-- [start:stochastic_gradient]
def stochastic_gradient(
    net: Network,
    w: ArrayLike,
    x: ArrayLike,
    y: ArrayLike,
    rng: np.random.Generator | Sequence[np.random.Generator],
) -> Array:
    """Differentiate the loss of one sample, drawn at random.

    Parameters
    ----------
    net : Network
        The widths (n_0, …, n_K).
    w : array_like, shape (p,) or (R, p)
        The parameters.
    x : array_like, shape (n_0, n) or (R, n_0, n)
        The points, a column each.
    y : array_like, shape (n_K, n) or (R, n_K, n)
        The targets, a column each.
    rng : numpy.random.Generator, or a sequence of R of them
        Where the sample i is drawn from, uniformly from all n. With restarts each
        network draws a sample of its own.

    Returns
    -------
    ndarray, the shape of w
        ∇ℓ_i(w), ordered as w.

    Raises
    ------
    ValueError
        If a shape does not fit the widths, a number is not finite, or there is not
        one generator for each network.

    Notes
    -----
    The mean of ∇ℓ_i over all i is ∇L: the result is right on average.

    Higham & Higham (2019), section 4, choose one sample in this way at each step
    of their stochastic gradient, with replacement.

    Examples
    --------
    >>> rng, net = np.random.default_rng(0), Network((1, 1))
    >>> stochastic_gradient(net, [0.0, 0.0], [[0.4, 0.8]], [[1.0, 1.0]], rng)
    array([-0.1  , -0.125])
    """
    w, x, y, rngs = drawn_from(net, w, x, y, rng)
    # Draw one sample for each network.
    i = np.array([one.integers(x.shape[-1]) for one in rngs])
    if w.ndim == 1:
        return gradient(net, w, x[:, i], y[:, i])
    # Keep its column alone, and differentiate.
    of_each = np.arange(len(w))
    x, y = x[of_each, :, i], y[of_each, :, i]
    return gradient(net, w, x[..., np.newaxis], y[..., np.newaxis])


# --8<-- [end:stochastic_gradient]


def drawn_from(
    net: Network,
    w: ArrayLike,
    x: ArrayLike,
    y: ArrayLike,
    rng: np.random.Generator | Sequence[np.random.Generator],
) -> tuple[Array, Array, Array, list[np.random.Generator]]:
    """Return the parameters, the samples of each network, and its generator."""
    w = parameters(net, w)
    x = columns("x", x, rows=net.widths[0])
    y = columns("y", y, rows=net.widths[-1])
    if y.shape[-1] != x.shape[-1]:
        raise ValueError(
            f"y: {y.shape[-1]} columns given with {x.shape[-1]} in x; allowed: as many"
        )
    for name, samples in (("x", x), ("y", y)):
        if samples.shape[:-2] not in ((), w.shape[:-1]):
            raise ValueError(
                f"{name}: shape {samples.shape} given with w of shape {w.shape}; "
                "allowed: a leading axis only with as many networks"
            )
    if w.ndim == 1:
        return w, x, y, [generator("rng", rng)]
    if not isinstance(rng, Sequence) or len(rng) != len(w):
        raise ValueError(
            f"rng: {shown(rng)} given with w of shape {w.shape}; allowed: a sequence "
            "of as many generators"
        )
    x = np.broadcast_to(x, (len(w), *x.shape[-2:]))
    y = np.broadcast_to(y, (len(w), *y.shape[-2:]))
    return w, x, y, [generator("rng", one) for one in rng]
