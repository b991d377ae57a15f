"""The Adam moments: running means of the gradient and of its square."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from voronet._check import (
    Array,
    Gradient,
    Moment,
    Parameters,
    Positive,
    Share,
    Steps,
    check_instance,
    checked,
    equal,
    refuse,
)


@checked
# --8<-- [start:AdamState]
@dataclass(frozen=True, eq=False)
class AdamState:
    """What Adam remembers between two steps.

    Parameters
    ----------
    t : int
        The number of steps taken.
    m, v : ndarray, the shape of w
        The first and the second moment, m_t and v_t.

    Raises
    ------
    ValueError
        If `t` is negative, the shapes of `m` and `v` differ, or an entry is not
        finite or (in `v`) negative.

    Examples
    --------
    >>> AdamState(t=0, m=np.zeros(2), v=np.zeros(2)).t
    0
    """

    t: Steps
    m: Moment
    v: Moment

    # --8<-- [end:AdamState]

    __eq__ = equal


def _check_state(name: str, value: Any, given: dict[str, Any]) -> AdamState:
    check_instance(name, value, AdamState)
    w, m = given["w"], value.m
    if m.shape != w.shape:
        beside = f" with w of shape {w.shape}"
        refuse(f"{name}.m", f"shape {m.shape}", f"{w.shape}", beside)
    return value  # type: ignore[no-any-return]


Fitting = Annotated[AdamState, _check_state]


@checked
# --8<-- [start:Adam]
@dataclass(frozen=True)
class Adam:
    r"""Adam, adaptive moment estimation: Algorithm 1 of Kingma & Ba (2015).

    Parameters
    ----------
    learning_rate : float
        η > 0, in units of w.
    beta1 : float
        β_1 in [0, 1): how much of the first moment is kept at a step.
    beta2 : float
        β_2 in [0, 1): how much of the second moment is kept at a step.
    epsilon : float
        ε > 0, added to √v̂ outside the square root.

    Raises
    ------
    ValueError
        If a number lies outside its range.

    Warnings
    --------
    Authors differ on ε. Here, as in Algorithm 1, it is added to √v̂, after the bias
    correction. The paper's faster form in its section 2 adds it before the
    correction (its ε̂), and some libraries put it inside the root: for small gradients
    these are different methods.

    Notes
    -----
    $m_t = β_1 m_{t-1} + (1 - β_1) g_t$ and $v_t = β_2 v_{t-1} + (1 - β_2) g_t^2$

    $w_t = w_{t-1} - η \hat m_t / (\sqrt{\hat v_t} + ε)$

    with $\hat m_t = m_t / (1 - β_1^t)$ and $\hat v_t = v_t / (1 - β_2^t)$.

    Examples
    --------
    >>> adam = Adam()
    >>> w = np.array([1.0, 1.0])
    >>> w, state = adam.step(w, np.array([0.5, -3.0]), adam.start(w))
    >>> w.round(6)  # the first step has length η, whatever the gradient
    array([0.999, 1.001])
    """

    learning_rate: Positive = 1e-3
    beta1: Share = 0.9
    beta2: Share = 0.999
    epsilon: Positive = 1e-8

    # --8<-- [end:Adam]

    @checked
    # --8<-- [start:start]
    def start(self, w: Parameters) -> AdamState:
        """Begin with both moments at zero, before the first step.

        Parameters
        ----------
        w : array_like, shape (p,) or (R, p)
            The parameters.

        Returns
        -------
        AdamState
            t = 0, m = v = 0.

        Raises
        ------
        ValueError
            If `w` is not real and finite.

        Examples
        --------
        >>> Adam().start([1.0, 2.0]).m
        array([0., 0.])
        """
        # Set t, m and v to zero.
        m, v = np.zeros_like(w), np.zeros_like(w)
        return AdamState(t=0, m=m, v=v)

    # --8<-- [end:start]

    @checked
    # --8<-- [start:step]
    def step(
        self,
        w: Parameters,
        g: Gradient,
        state: Fitting,
    ) -> tuple[Array, AdamState]:
        """Take one step of Adam.

        Parameters
        ----------
        w : array_like, shape (p,) or (R, p)
            The parameters w_{t−1}.
        g : array_like, the shape of w
            The gradient g_t there.
        state : AdamState
            The moments m_{t−1} and v_{t−1}.

        Returns
        -------
        w, state
            w_t, and the state with t, m_t and v_t. Nothing is changed in place.

        Raises
        ------
        ValueError
            If the shapes of `w`, `g` and the moments differ, or a number is not
            finite.

        Examples
        --------
        >>> adam = Adam(learning_rate=0.1)
        >>> w, state = adam.step([1.0], [2.0], adam.start([1.0]))
        >>> w.round(6), state.t
        (array([0.9]), 1)
        """
        beta1, beta2 = self.beta1, self.beta2
        # Count the step, and update the two moments.
        t = state.t + 1
        m = beta1 * state.m + (1 - beta1) * g
        v = beta2 * state.v + (1 - beta2) * g**2
        # Correct the bias towards their zero start.
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        # Step against m_hat, over the root of v_hat.
        scale = np.sqrt(v_hat) + self.epsilon
        w = w - self.learning_rate * m_hat / scale
        return w, AdamState(t, m, v)

    # --8<-- [end:step]
