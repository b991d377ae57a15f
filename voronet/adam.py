"""The Adam moments: running means of the gradient and of its square."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from voronet._check import Array, instance, integer, number, pair, same_shape, vectors


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

    t: int
    m: Array
    v: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "t", integer("t", self.t, least=0))
        object.__setattr__(self, "m", vectors("m", self.m, most=np.inf))
        object.__setattr__(self, "v", vectors("v", self.v, most=np.inf))
        if self.m.shape != self.v.shape:
            raise ValueError(
                f"v: shape {self.v.shape} given with m of shape {self.m.shape}; "
                "allowed: the same shape"
            )
        if (self.v < 0).any():
            raise ValueError(f"v: {self.v.min():g} given; allowed: numbers >= 0")


@dataclass(frozen=True)
class Adam:
    """Adam, adaptive moment estimation: Algorithm 1 of Kingma & Ba (2015).

    Parameters
    ----------
    learning_rate : float
        η > 0, in units of w.
    beta1, beta2 : float
        β_1 and β_2 in [0, 1): how much of each moment is kept at a step.
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
    m_t = β_1 m_{t−1} + (1 − β_1) g_t;  v_t = β_2 v_{t−1} + (1 − β_2) g_t²;
    w_t = w_{t−1} − η m̂_t / (√v̂_t + ε), with m̂_t = m_t / (1 − β_1^t) and
    v̂_t = v_t / (1 − β_2^t).

    Examples
    --------
    >>> adam = Adam()
    >>> w = np.array([1.0, 1.0])
    >>> w, state = adam.step(w, np.array([0.5, -3.0]), adam.start(w))
    >>> w.round(6)  # the first step has length η, whatever the gradient
    array([0.999, 1.001])
    """

    learning_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        for name, ok, want in (
            ("learning_rate", lambda r: r > 0, "a finite number > 0"),
            ("beta1", lambda b: 0 <= b < 1, "a number in [0, 1)"),
            ("beta2", lambda b: 0 <= b < 1, "a number in [0, 1)"),
            ("epsilon", lambda e: e > 0, "a finite number > 0"),
        ):
            object.__setattr__(self, name, number(name, getattr(self, name), ok, want))

    # --8<-- [start:start]
    def start(self, w: ArrayLike) -> AdamState:
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
        w = vectors("w", w)
        # Set t, m and v to zero.
        m, v = np.zeros_like(w), np.zeros_like(w)
        return AdamState(t=0, m=m, v=v)

    # --8<-- [end:start]

    # --8<-- [start:step]
    def step(
        self,
        w: ArrayLike,
        g: ArrayLike,
        state: AdamState,
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
        w, g = alike(w, g, state)
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


def alike(w: ArrayLike, g: ArrayLike, state: AdamState) -> tuple[Array, Array]:
    """Return w and g as arrays that have the shape of the moments."""
    instance("state", state, AdamState)
    w, g = pair(w, g)
    same_shape("state.m", state.m, w)
    return w, g
