"""Gradient descent, with all samples or one: a single rate for every parameter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voronet._check import (
    Array,
    Generators,
    Gradient,
    Inputs,
    Parameters,
    Positive,
    Steps,
    Targets,
    checked,
)
from voronet.backprop import gradient
from voronet.network import Network


@checked
# --8<-- [start:DescentState]
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

    t: Steps


# --8<-- [end:DescentState]


@checked
# --8<-- [start:GradientDescent]
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
    $w_t = w_{t-1} - η g_t$

    Higham & Higham (2019), section 4.

    Examples
    --------
    >>> descent = GradientDescent(learning_rate=0.5)
    >>> w, state = descent.step([1.0], [0.4], descent.start([1.0]))
    >>> w, state.t
    (array([0.8]), 1)
    """

    learning_rate: Positive

    # --8<-- [end:GradientDescent]

    @checked
    # --8<-- [start:start]
    def start(self, w: Parameters) -> DescentState:  # noqa: ARG002
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
        return DescentState(t=0)

    # --8<-- [end:start]

    @checked
    # --8<-- [start:step]
    def step(
        self,
        w: Parameters,
        g: Gradient,
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
        # Step against the gradient, and count the step.
        w = w - self.learning_rate * g
        return w, DescentState(state.t + 1)

    # --8<-- [end:step]


@checked
# --8<-- [start:stochastic_gradient]
def stochastic_gradient(
    net: Network,
    w: Parameters,
    x: Inputs,
    y: Targets,
    rng: Generators,
) -> Array:
    r"""Differentiate the loss of one sample, drawn at random.

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
    $(1/n) \sum_{i=1}^n ∇ℓ_i = ∇L$: the result is right on average.

    Higham & Higham (2019), section 4, choose one sample in this way at each step
    of their stochastic gradient, with replacement.

    Examples
    --------
    >>> rng, net = np.random.default_rng(0), Network((1, 1))
    >>> stochastic_gradient(net, [0.0, 0.0], [[0.4, 0.8]], [[1.0, 1.0]], rng)
    array([-0.1  , -0.125])
    """
    # Draw one sample for each network.
    lead, n = w.shape[:-1], x.shape[-1]
    rngs = rng if lead else [rng]
    i = np.reshape([one.integers(n) for one in rngs], (*lead, 1, 1))
    # Keep its column alone, and differentiate.
    x = np.broadcast_to(x, (*lead, *x.shape[-2:]))
    y = np.broadcast_to(y, (*lead, *y.shape[-2:]))
    x_i = np.take_along_axis(x, i, axis=-1)
    y_i = np.take_along_axis(y, i, axis=-1)
    return gradient(net, w, x_i, y_i)


# --8<-- [end:stochastic_gradient]
