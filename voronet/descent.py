"""Plain gradient descent: one rate for every parameter."""

from dataclasses import dataclass

from numpy.typing import ArrayLike

from voronet._check import Array, instance, integer, number, pair, vectors


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
